import {request, talk} from '../../redis/harness.js';
import {Server} from '../kit/server.js';
import type {Row} from '../row.js';

export const transactionsAtThePort: Row = {
	name: 'transactions-at-the-port',
	title: 'what stands behind MULTI runs at EXEC and once, or never, each in the database that was selected then',
	weight: 20,
	shortMs: 1500,
	isInTests: true,
	run: async trial => {
		const server = new Server(trial, {args: ['--memory', '--nodes', '1']});
		const port = await server.ready();
		const counters = [0, 0];
		for (let round = 0; round < 20 || !trial.isOver; round++) {
			const lines = Array.from({length: trial.random.integer(3, 12)}, () => trial.random.pick(drawn));
			const replies = repliesOf(await ask(port, lines));
			const connection = new Connection(lines, replies);
			for (const found of connection.found) trial.find(`${found}: ${lines.join('; ')}`);
			for (const [database, count] of connection.counted.entries()) counters[database] = counters[database]! + count;
			for (const [database, counter] of counters.entries()) {
				const [, value = ''] = repliesOf(await ask(port, [`SELECT ${database}`, 'INCRBY counter 0']));
				if (value === `:${counter}`) continue;
				trial.find(
					`${counter} increments were answered in database ${database}, its counter says ${value}: ${lines.join('; ')}`,
				);
				counters[database] = Number(value.slice(1));
			}
			trial.fault();
			trial.operation(lines.length);
			trial.tell(`${round + 1} connections`);
		}
	},
};

/** There is no database 16: that is refused, and the one before stays selected. */
const drawn = [
	'INCR counter',
	'INCR counter',
	'MULTI',
	'EXEC',
	'DISCARD',
	'SELECT 1',
	'SELECT 0',
	'SELECT 16',
] as const;

const ask = (port: number, lines: readonly string[]): Promise<string> =>
	talk({port}, Buffer.concat(lines.map(line => request(...line.split(' ')))));

/** Each of them is a line: none of these commands is answered with a bulk. */
const repliesOf = (text: string): readonly string[] => text.split('\r\n').slice(0, -1);

/** What a connection was answered, read as what it has then begun, selected and counted. */
class Connection {
	/** By database. */
	readonly counted = [0, 0];
	readonly found: string[] = [];
	#database = 0;
	#queue: string[] | undefined;

	constructor(lines: readonly string[], replies: readonly string[]) {
		let place = 0;
		for (const line of lines) {
			const reply = replies[place++] ?? '';
			const results = reply.startsWith('*') ? replies.slice(place, (place += Number(reply.slice(1)))) : undefined;
			if (this.#queue === undefined) this.#direct(line, reply);
			else this.#within(this.#queue, line, reply, results);
		}
		if (place !== replies.length) this.found.push(`${replies.length} replies came, ${place} were due`);
	}

	#direct(line: string, reply: string): void {
		if (line === 'MULTI' && reply === '+OK') this.#queue = [];
		else this.#ran(line, reply);
	}

	#within(queue: string[], line: string, reply: string, results: readonly string[] | undefined): void {
		if (reply.startsWith(':')) this.found.push(`${line} was answered ${reply} behind MULTI`);
		if (reply === '+QUEUED') queue.push(line);
		if (line === 'EXEC' || line === 'DISCARD') this.#queue = undefined;
		if (results === undefined) return;
		if (results.length !== queue.length)
			this.found.push(`${queue.length} commands were queued, ${results.length} answered`);
		for (const [offset, result] of results.entries()) this.#ran(queue[offset] ?? '', result);
	}

	#ran(line: string, reply: string): void {
		if (line === 'SELECT 16' && !reply.startsWith('-')) this.found.push(`${line} was answered ${reply}`);
		else if (line.startsWith('SELECT') && reply === '+OK') this.#database = Number(line.slice(-1));
		if (line === 'INCR counter' && reply.startsWith(':')) this.counted[this.#database]! += 1;
	}
}
