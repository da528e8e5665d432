import type {Random} from '../../../src/base/random.js';
import {request, talk} from '../../redis/harness.js';
import {Server} from '../kit/server.js';
import type {Row} from '../row.js';

export const transactionsAtThePort: Row = {
	name: 'transactions-at-the-port',
	title: 'what stands behind MULTI runs at EXEC and once, or never, and what stands behind a refused SELECT never',
	weight: 20,
	shortMs: 1500,
	isInTests: true,
	run: async trial => {
		const server = new Server(trial, {args: ['--memory', '--nodes', '1']});
		const port = await server.ready();
		let counter = 0;
		for (let round = 0; round < 20 || !trial.isOver; round++) {
			const {lines, isInside} = draw(trial.random);
			const replies = repliesOf(await talk({port}, Buffer.concat(lines.map(line => request(...line.split(' '))))));
			counter += replies.filter(reply => reply.startsWith(':')).length;
			for (const [offset, reply] of directReplies(replies).entries()) {
				if (isInside[offset] === true && reply.startsWith(':'))
					trial.find(`INCR was answered ${reply} within ${lines.join('; ')}`);
			}
			const [value = ''] = repliesOf(await talk({port}, request('INCRBY', 'counter', '0')));
			if (value !== `:${counter}`)
				trial.find(`${counter} increments were answered, the counter says ${value}: ${lines.join('; ')}`);
			counter = Number(value.slice(1));
			trial.fault();
			trial.operation(lines.length);
			trial.tell(`${round + 1} connections`);
		}
	},
};

/** What a connection sends, and which of it stands within something that the server cannot have begun. */
function draw(random: Random): {readonly lines: readonly string[]; readonly isInside: readonly boolean[]} {
	const lines: string[] = [];
	const isInside: boolean[] = [];
	let depth: 'none' | 'multi' | 'otherDatabase' = 'none';
	for (let count = random.integer(3, 12); count > 0; count--) {
		const line = random.pick(['INCR counter', 'INCR counter', 'MULTI', 'EXEC', 'DISCARD', 'SELECT 1', 'SELECT 0']);
		isInside.push(depth !== 'none');
		lines.push(line);
		if (depth === 'multi' && (line === 'EXEC' || line === 'DISCARD')) depth = 'none';
		else if (depth === 'otherDatabase' && line === 'SELECT 0') depth = 'none';
		else if (depth === 'none' && line === 'MULTI') depth = 'multi';
		else if (depth === 'none' && line === 'SELECT 1') depth = 'otherDatabase';
	}
	return {lines, isInside};
}

/** Without what the reply to an EXEC holds: as many lines as it says. */
function directReplies(replies: readonly string[]): readonly string[] {
	const direct: string[] = [];
	for (let place = 0; place < replies.length; place += 1) {
		const reply = replies[place] ?? '';
		direct.push(reply);
		if (reply.startsWith('*')) place += Math.max(0, Number(reply.slice(1)));
	}
	return direct;
}

/** Each of them is a line: none of these commands is answered with a bulk. */
const repliesOf = (text: string): readonly string[] => text.split('\r\n').slice(0, -1);
