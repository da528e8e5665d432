/** What `watch` and `trace` show while they are on. */
import type {Colors} from 'picocolors/types.js';
import type {MessageSighting, SightingOptions} from '../network/message-tap.js';
import {sightingText} from '../observe/sighting-text.js';
import type {ConsoleTarget} from './console-target.js';
import type {LiveView} from './live-views.js';
import {statusSentences, statusTable} from './status-table.js';

/** Messages a second; more cannot be read. */
const tracedPerSecondMax = 20;
const traceEveryMs = 200;

/** All nodes and faults, drawn anew; as lines, what has changed. */
export function watchView(target: ConsoleTarget, colours: Colors, everyMs: number): LiveView {
	const never = AbortSignal.any([]);
	let told: readonly string[] = [];
	return {
		everyMs,
		toldEveryMs: everyMs,
		draw: async () => [
			...statusTable(await target.status(never), colours).split('\n'),
			...(await target.faults(never)),
		],
		tell: async () => {
			const nodes = (await target.status(never)).map(status =>
				// How far a log is changes all the time, and is no news.
				status.type === 'up'
					? `node ${status.node}: up, ${status.role}, term ${status.currentTerm}`
					: statusSentences([status]),
			);
			const lines = [...nodes, ...(await target.faults(never))];
			const changed = lines.filter(line => !told.includes(line));
			told = lines;
			return changed;
		},
	};
}

/** Messages, a few at a time: they stay above the prompt. */
export function traceView(target: ConsoleTarget, options: SightingOptions, print: (line: string) => void): LiveView {
	let waiting: string[] = [];
	const stop = target.onMessage((sighting: MessageSighting) => void waiting.push(sightingText(sighting)), {
		...options,
		perSecondMax: tracedPerSecondMax,
	});
	const flush = async (): Promise<readonly string[]> => {
		if (waiting.length > 0) print(waiting.join('\n'));
		waiting = [];
		return [];
	};
	return {
		everyMs: traceEveryMs,
		toldEveryMs: traceEveryMs,
		draw: flush,
		tell: flush,
		ended: () => {
			stop();
			void flush();
		},
	};
}
