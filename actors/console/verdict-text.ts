/** What is told of a load when it is over, and of all that was recorded since a mark. */
import type {LoadFigures} from '../load/load-statistics.js';
import type {SessionReport, StoppedLoad} from '../load/recorded-session.js';
import {HistoryVerdictError} from './errors.js';

/** Throws a `HistoryVerdictError` unless all that was recorded since the mark is linearizable. */
export function stoppedLoadText({figures, report}: StoppedLoad): string {
	const told = figuresText(figures);
	if (figures.operations === 0) {
		throw new HistoryVerdictError(
			`no operation was answered, so there is nothing to judge: is there a leader? See "status" (${told})`,
		);
	}
	return `${told}\n${verdictText(report, told)}`;
}

/** Throws a `HistoryVerdictError` unless it is linearizable. `aside`: what is told with a failure. */
export function verdictText(report: SessionReport, aside?: string): string {
	const {verdict, violation, file, undecided, blindness} = report;
	const end = aside === undefined ? '' : ` (${aside})`;
	if (violation !== undefined && blindness !== 'others') {
		const {key, detail} = violation;
		const look = `look at it with "threadraft check ${file}"`;
		throw new HistoryVerdictError(
			`NOT linearizable: key ${JSON.stringify(shownKey(key))}: ${detail}; the history is in ${file}; ${look}${end}`,
		);
	}
	if (violation !== undefined) {
		throw new HistoryVerdictError(
			`not decided: what was typed for key ${JSON.stringify(shownKey(violation.key))} fits to no order, but clients of the Redis port were there too, and what they did is not recorded: use "mark" and "check" while they are silent${end}`,
		);
	}
	if (undecided > 0) {
		throw new HistoryVerdictError(
			`not decided in time for ${undecided} of ${count(report)} operations; the others are linearizable: use "mark" and "check" after fewer operations${end}`,
		);
	}
	if (blindness === 'unknownOutcomes') {
		throw new HistoryVerdictError(
			`not decided: too many typed commands have an unknown outcome. The operations of loads are linearizable. Begin anew with "mark"${end}`,
		);
	}
	if (verdict === 'unknown') {
		throw new HistoryVerdictError(`no operation was answered since ${since(report)}: there is nothing to judge${end}`);
	}
	return `linearizable: ${scopeText(report)}${keptText(report)}`;
}

const count = ({operations, ownOperations}: SessionReport): number => operations + ownOperations;

const since = ({mark}: SessionReport): string =>
	mark === undefined ? 'the start' : `the mark ${JSON.stringify(mark)}`;

function scopeText(report: SessionReport): string {
	const {operations, ownOperations, unknown} = report;
	const parts = [
		...(operations > 0 ? [`${operations} of loads${unknown > 0 ? ` (${unknown} of unknown outcome)` : ''}`] : []),
		...(ownOperations > 0 ? [`${ownOperations} typed`] : []),
	];
	const all = count(report) === 1 ? 'the one operation' : `all ${count(report)} operations`;
	return `${all} since ${since(report)}: ${parts.join(', ')}`;
}

function keptText({file, dropped}: SessionReport): string {
	if (file === undefined) return '';
	return dropped === 0 ? `; history in ${file}` : `; history in ${file}, without the oldest ${dropped} operations`;
}

/** Keys are bytes, a character each; people write UTF-8. */
const shownKey = (key: string): string => Buffer.from(key, 'latin1').toString('utf8');

/** Of a load, in one line. */
function figuresText({operations, seconds, p50Ms, p99Ms, longestPauseMs, unknown, notExecuted}: LoadFigures): string {
	return [
		`${operations} operations in ${seconds.toFixed(1)} s (${(operations / seconds).toFixed(0)}/s)`,
		`p50 ${p50Ms.toFixed(1)} ms`,
		`p99 ${p99Ms.toFixed(1)} ms`,
		`longest pause ${longestPauseMs.toFixed(0)} ms`,
		...(unknown > 0 ? [`${unknown} of unknown outcome`] : []),
		...(notExecuted > 0 ? [`${notExecuted} not executed`] : []),
	].join(', ');
}

/** While it runs, in one line: the last moment, and the longest pause since the start. */
export function liveLoadText({total, recent}: {readonly total: LoadFigures; readonly recent: LoadFigures}): string {
	const errors = total.unknown + total.notExecuted;
	// What is cut off at a narrow terminal is the end. Without an answer there is no latency to tell.
	const latencies =
		recent.operations === 0
			? [`no answer for ${(recent.longestPauseMs / 1000).toFixed(1)} s`]
			: [`p50 ${latencyText(recent.p50Ms)}`, `p99 ${latencyText(recent.p99Ms)}`];
	return [
		`load ${Math.round(recent.operations / recent.seconds)}/s`,
		...latencies,
		`errors ${errors}`,
		`longest gap ${total.longestPauseMs.toFixed(0)} ms`,
	].join(' | ');
}

/** 0: the last moment had no answer, only the one before. */
const latencyText = (ms: number): string => (ms === 0 ? '-' : `${ms.toFixed(1)} ms`);
