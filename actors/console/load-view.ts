/** The line of a load that runs. */
import type {ConsoleTarget} from './console-target.js';
import type {LiveView} from './live-views.js';
import {liveLoadText} from './verdict-text.js';

const drawnEveryMs = 250;
const toldEveryMs = 5000;

/** Until the load is over. */
export function loadView(target: Pick<ConsoleTarget, 'isLoadRunning' | 'loadStatistics'>): LiveView {
	let before = {operations: 0, seconds: 0};
	let latencies = {p50Ms: 0, p99Ms: 0};
	const lines = async (): Promise<readonly string[] | undefined> => {
		if (!target.isLoadRunning) return undefined;
		const {loadStatistics} = target;
		if (loadStatistics === undefined) return [];
		const {total, recent} = loadStatistics;
		// A moment without an answer has no latency. Where answers are slow most moments are such: the newest known one is shown.
		if (recent.operations > 0) latencies = {p50Ms: recent.p50Ms, p99Ms: recent.p99Ms};
		const seconds = total.seconds - before.seconds;
		const sinceDrawn = {operations: total.operations - before.operations, seconds};
		before = total;
		return [liveLoadText({total, recent: {...recent, ...latencies, ...(seconds > 0 ? sinceDrawn : {})}})];
	};
	return {everyMs: drawnEveryMs, toldEveryMs, draw: lines, tell: lines};
}
