/** What is told of a load when it is over. */
import type {LoadResult} from '../load/load-task.js';
import {HistoryVerdictError} from './errors.js';

/** Throws a `HistoryVerdictError` unless the history is linearizable. */
export function loadText(result: LoadResult): string {
	const {verdict, violation, file} = result;
	const kept = file === undefined ? '' : `; history in ${file}`;
	const look = `look at it with "threadraft check ${file}"`;
	if (verdict === 'violation') {
		const what = `key ${JSON.stringify(violation?.key)}${violation?.detail === undefined ? '' : `, ${violation.detail}`}`;
		throw new HistoryVerdictError(`NOT linearizable: ${what}; ${look} (${figures(result)})`);
	}
	if (result.operations === 0) {
		throw new HistoryVerdictError(
			`no operation was answered, so there is nothing to judge: is there a leader? See "status" (${figures(result)})`,
		);
	}
	if (verdict === 'unknown') {
		throw new HistoryVerdictError(`not decided in time whether it is linearizable: ${look} (${figures(result)})`);
	}
	return `${figures(result)}\nlinearizable${kept}`;
}

function figures(result: LoadResult): string {
	const {operations, seconds, p50Ms, p99Ms, longestPauseMs, unknown, notExecuted, isFull} = result;
	return [
		`${operations} operations in ${seconds.toFixed(1)} s (${(operations / seconds).toFixed(0)}/s)`,
		`p50 ${p50Ms.toFixed(1)} ms`,
		`p99 ${p99Ms.toFixed(1)} ms`,
		`longest pause ${longestPauseMs.toFixed(0)} ms`,
		...(unknown > 0 ? [`${unknown} of unknown outcome`] : []),
		...(notExecuted > 0 ? [`${notExecuted} not executed`] : []),
		...(isFull ? ['stopped by itself, because no more are recorded'] : []),
	].join(', ');
}
