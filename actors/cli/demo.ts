/** `threadraft demo`: a cluster of its own, load, the page, and the story of a leader crash. */
import {setTimeout as sleep} from 'node:timers/promises';
import {isatty} from 'node:tty';
import picocolors from 'picocolors';
import {Cluster} from '../cluster/cluster.js';
import {CommandRefusedError} from '../console/errors.js';
import {tellStory} from '../demo/story.js';
import {type OpenPage, openPage} from '../web/open-page.js';
import {ClusterTarget} from './cluster-target.js';

const nodes = 5;
const title = 'five nodes, and the story of a leader crash';
/** What a shell shows for a process that Ctrl-C ended. */
const interruptedStatus = 130;

interface DemoOptions {
	/** Seconds in which people can look, after each step. */
	readonly pace: number;
	/** Of the page. */
	readonly port: number;
}

/** Where somebody sits at a terminal the cluster stays until Ctrl-C; else it ends with the story. */
export async function demo({pace, port}: DemoOptions): Promise<number> {
	const interrupted = new AbortController();
	for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => interrupted.abort());
	const {signal} = interrupted;
	const print = (text: string): void => void process.stdout.write(`${text}\n`);
	const cluster = await Cluster.start({nodes});
	const target = new ClusterTarget(cluster, {close: async () => undefined});
	const {recorder} = target;
	try {
		const page = await openPage({cluster, target, recorder, port, title});
		target.closesToo(page);
		print(`Open ${page.link}`);
		const isWatched = isatty(1);
		const colours = picocolors.createColors(isWatched && picocolors.isColorSupported);
		const step = (text: string): void => {
			recorder.mark(text);
			print(`\n${colours.bold(text)}`);
		};
		const pause = (): Promise<void> => sleep(pace * 1000, undefined, {signal});
		const run = (line: string): Promise<string> => runShown(page, line, print);
		await pause();
		await tellStory({cluster, run, step, tell: text => print(`  ${text}`), pause, now: () => performance.now()});
		if (!isWatched) return 0;
		print('\nThat was it. The page is yours to break the cluster; Ctrl-C ends it.');
		await new Promise<void>(resolve => signal.addEventListener('abort', () => resolve()));
		return 0;
	} catch (error) {
		if (signal.aborted) return interruptedStatus;
		throw error;
	} finally {
		await target.close();
	}
}

/** In the terminal, and on the page as if it were clicked there. */
async function runShown(page: OpenPage, line: string, print: (text: string) => void): Promise<string> {
	print(`  > ${line}`);
	const {type, text} = await page.run(line);
	print(text.replaceAll(/^/gm, '  '));
	if (type === 'failed') throw new CommandRefusedError(text);
	return text;
}
