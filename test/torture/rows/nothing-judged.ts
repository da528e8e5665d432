import {writeFile} from 'node:fs/promises';
import path from 'node:path';
import type {Random} from '../../../src/base/random.js';
import {type Exit, runCommand, Server} from '../kit/server.js';
import type {Row} from '../row.js';
import type {Trial} from '../trial.js';

const timeoutMs = 60_000;
/** "Ok" and "a violation" are judgements; these are the two ways to say that there is none. */
const unjudged = new Set<number | null>([2, 3]);

export const nothingJudged: Row = {
	name: 'nothing-judged',
	title: 'where no operation was judged, nobody is told that the history is linearizable',
	weight: 20,
	shortMs: 2000,
	isInTests: true,
	run: async trial => {
		await loadWithoutMajority(trial);
		for (let number = 0; number < 1 || !trial.isOver; number++) {
			const text = drawUnreadable(trial.random);
			const file = path.join(trial.folder, 'history.txt');
			await writeFile(file, text);
			const {code, output, errors} = await runCommand({args: ['check', file], timeoutMs});
			trial.fault();
			trial.operation();
			if (!unjudged.has(code)) trial.find(`check ended with ${code} on ${JSON.stringify(text)}: ${output}${errors}`);
			trial.tell(`${number + 1} files`);
			trial.signal.throwIfAborted();
		}
	},
};

/** Two of three nodes are down before the load begins. */
async function loadWithoutMajority(trial: Trial): Promise<void> {
	const server = new Server(trial, {args: ['--memory', '--nodes', '3']});
	await server.ready();
	for (const line of ['kill 0', 'kill 1', 'load start 2', 'sleep 1000', 'load stop']) server.command(line);
	server.process.stdin.end();
	const timer = setTimeout(() => server.process.kill('SIGKILL'), timeoutMs);
	const {code, signal, output}: Exit = await server.exit;
	clearTimeout(timer);
	trial.fault(2);
	trial.operation();
	if (signal !== null) trial.find(`load stop did not end within ${timeoutMs} ms:\n${output}`);
	else if (code === 0 || /\nlinearizable/.test(output))
		trial.find(`a load without a majority ended with ${code}:\n${output}`);
}

/** Looks like a history, or is empty, and holds no operation that could be read. */
function drawUnreadable(random: Random): string {
	const count = random.integer(1, 20);
	const dated = (process: number): string =>
		`2018-01-0${random.integer(1, 9)} 12:00:00,0${random.integer(10, 99)} INFO  jepsen worker ${process} - jepsen.util ${process}\t:invoke\t:read\tnil`;
	const broken = (process: number): string => `INFO  jepsen.util - ${process}\t:invoke\t:reed\t${random.integer(0, 9)}`;
	const cut = (): string => '{"type":"invoke","process":"1","time":1,"op":"pu';
	const kinds: readonly (() => string)[] = [
		() => '',
		() => '\n'.repeat(count),
		() => Array.from({length: count}, (_, process) => broken(process)).join('\n'),
		() => Array.from({length: count}, cut).join('\n'),
		() => `${Array.from({length: count}, (_, process) => dated(process)).join('\n')} but not quite`,
		() => Buffer.from([0xff, 0xfe, random.integer(128, 255), 10]).toString('latin1'),
	];
	return random.pick(kinds)();
}
