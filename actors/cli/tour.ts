/** `threadraft tour`: a cluster of its own, and somebody who is led through it. */
import {createInterface, type Interface} from 'node:readline';
import {isatty} from 'node:tty';
import picocolors from 'picocolors';
import {Cluster} from '../cluster/cluster.js';
import {allCommands} from '../console/commands/all.js';
import {wrapText} from '../console/wrap-text.js';
import {LineRunner, withoutTerminal} from '../console/line-runner.js';
import {defaultSettings} from '../console/settings.js';
import {runTour} from '../tour/tour.js';
import {ClusterTarget} from './cluster-target.js';

const nodes = 5;
/** So small that a few seconds of load make a snapshot. */
const maxRaftState = 64 * 1024;
/** Of a command that a step types, ms: longer than an election takes on a busy machine. */
const deadlineMs = 60_000;
const columnsDefault = 80;
/** What a shell shows for a process that Ctrl-C ended. */
const interruptedStatus = 130;

/** Resolves with the exit status. */
export async function tour(isUnattended: boolean): Promise<number> {
	const interrupted = new AbortController();
	const interrupt = (): void => interrupted.abort();
	const columns = (): number => process.stdout.columns ?? columnsDefault;
	const broken = (line: string): string => (line.length <= columns() ? line : wrapText(line, columns()).join('\n'));
	const print = (text: string): void => {
		const lines = process.stdout.isTTY ? text.split('\n').map(broken) : [text];
		process.stdout.write(`${lines.join('\n')}\n`);
	};
	for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, interrupt);
	const cluster = await Cluster.start({nodes, maxRaftState});
	// Not before: what is typed or piped meanwhile would be lost.
	const lines = isUnattended ? undefined : createInterface({input: process.stdin, output: process.stdout});
	lines?.on('SIGINT', interrupt);
	const target = new ClusterTarget(cluster, {close: async () => undefined});
	try {
		const hasColours = isatty(1) && picocolors.isColorSupported;
		const settings = {...defaultSettings, deadlineMs, hasColours};
		const runner = new LineRunner({...withoutTerminal, target, commands: allCommands, settings, columns, print});
		const {signal} = interrupted;
		const run = runner.run.bind(runner);
		const ask = lines === undefined ? async (): Promise<string> => '' : asker(lines, signal);
		await runTour({cluster, run, print, ask, isUnattended, signal});
	} finally {
		lines?.close();
		process.stdin.destroy();
		if (interrupted.signal.aborted) print('\nThe tour is left; its cluster is stopped.');
		await target.close();
	}
	return interrupted.signal.aborted ? interruptedStatus : 0;
}

/** Each line once, also those that were typed before they were asked for; `undefined` when there are no more. */
function asker(lines: Interface, signal: AbortSignal): (prompt: string) => Promise<string | undefined> {
	const answers = lines[Symbol.asyncIterator]();
	const left = new Promise<undefined>(resolve => signal.addEventListener('abort', () => resolve(undefined)));
	return async prompt => {
		lines.setPrompt(prompt);
		lines.prompt();
		const next = await Promise.race([answers.next(), left]);
		if (next === undefined || next.done === true) return undefined;
		// A terminal shows what is typed by itself.
		if (!process.stdin.isTTY) process.stdout.write(`${next.value}\n`);
		return next.value;
	};
}
