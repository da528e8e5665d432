import Table from 'cli-table3';
import pico from 'picocolors';
import {hasAnswers, worst} from '../../src/linearizability/check.js';
import type {KeyResult, Verdict} from '../../src/linearizability/key-result.js';
import type {KvOperation} from '../../src/linearizability/kv-operation.js';
import type {FileResult} from './check-files.js';
import type {ExplainedKey} from './explain-files.js';

type Checked = Extract<FileResult, {type: 'checked'}>;

/** For people: a table of the files. */
export function reportVerdicts(results: readonly FileResult[]): string {
	const table = new Table({
		head: ['file', 'model', 'operations', 'keys', 'verdict', 'decided by', 'ms'],
		colAligns: ['left', 'left', 'right', 'right', 'left', 'left', 'right'],
		style: {head: [], border: []},
	});
	for (const result of results) table.push(rowOf(result));
	return `${table.toString()}\n`;
}

function rowOf(result: FileResult): (string | {content: string; colSpan: number})[] {
	if (result.type === 'unreadable') {
		return [result.file, {content: pico.red(`unreadable: ${result.message}`), colSpan: 6}];
	}
	const {file, model, history, keys, elapsedMs} = result;
	const engines = [...new Set(keys.map(({engine}) => engine).filter(engine => engine !== undefined))];
	const counts = [String(history.length), String(keys.length)];
	return [file, model, ...counts, showVerdict(result), engines.join(', '), elapsedMs.toFixed(1)];
}

function showVerdict({verdict, keys, history}: Checked): string {
	if (!hasAnswers(history)) return pico.yellow('unknown: no operation has an answer');
	const count = keys.filter(key => key.verdict === verdict).length;
	const of = keys.length > 1 && verdict !== 'ok' ? ` (${count} of ${keys.length} keys)` : '';
	if (verdict === 'ok') return pico.green('ok');
	if (verdict === 'violation') return pico.red(`violation${of}`);
	const reasons = [...new Set(keys.map(({reason}) => reason).filter(reason => reason !== undefined))];
	return pico.yellow(`unknown: ${reasons.join(', ')}${of}`);
}

/** Nobody reads more; `--json` has all. */
const shownMax = 100;

/** For people: one violation in words. */
export function reportExplanation({file, key, history, model, explanation}: ExplainedKey): string {
	const {anomaly, core, longest, finalState, stuck} = explanation;
	const orders = new Map(longest.map(({place}, order) => [place, String(order + 1)]));
	const lines = core.slice(-shownMax).map(({offset, isWeakened}, shown) => {
		const place = shown + Math.max(0, core.length - shownMax);
		const {process, call, return: end, input, output} = history[offset] as KvOperation;
		const mark = stuck.includes(place) ? '!' : (orders.get(place) ?? '');
		const time = `[${call}, ${end === Infinity ? '?' : end}]`;
		return `${isWeakened ? '~' : ' '} ${mark.padStart(4)}  ${time} client ${process}: ${model.describe(input, output)}`;
	});
	if (core.length > shownMax) lines.unshift(`  (the last ${shownMax} of them; --json tells all)`);
	const text = [
		pico.bold(`${file}, key ${JSON.stringify(key)}: ${words(anomaly.type)}`),
		anomaly.detail,
		`${sizeText(explanation)} of ${history.length}`,
		`numbers: the longest possible order, after which the state is ${finalState}; !: must come next, and cannot; ~: even if it happened late or never`,
		...lines,
	].join('\n');
	return `\n${text}\n`;
}

function sizeText({core, isMinimal, isSmallest}: ExplainedKey['explanation']): string {
	const count = `${core.length} operation${core.length === 1 ? '' : 's'}`;
	if (isSmallest) return `the smallest contradiction: ${count}`;
	return isMinimal
		? `a contradiction of which nothing can be left out: ${count}`
		: `${count}, as far as the time went,`;
}

function words(type: string): string {
	return type.replaceAll(/[A-Z]/gu, letter => ` ${letter.toLowerCase()}`);
}

/** For programs; one document. Times are those of the history, counted from `timeOrigin` where that is given. */
export function reportJson(results: readonly FileResult[], explained: readonly ExplainedKey[]): string {
	const checked = results.filter(result => result.type === 'checked');
	const verdict: Verdict | 'unreadable' =
		checked.length < results.length && worst(checked) !== 'violation' ? 'unreadable' : worst(checked);
	const files = results.map(result => (result.type === 'unreadable' ? result : fileJson(result, explained)));
	return `${JSON.stringify({verdict, files}, undefined, 2)}\n`;
}

function fileJson(result: Checked, explained: readonly ExplainedKey[]): object {
	const {type, file, verdict, format, model, timeOrigin, history, elapsedMs} = result;
	const keys = result.keys.map(key =>
		keyJson(
			key,
			explained.find(each => each.file === file && each.key === key.key),
		),
	);
	// As text: a number may not hold it.
	const origin = timeOrigin === 0n ? {} : {timeOrigin: String(timeOrigin)};
	return {type, file, verdict, format, model, ...origin, operationCount: history.length, elapsedMs, keys};
}

function keyJson(result: KeyResult, explained: ExplainedKey | undefined): object {
	const {key, verdict, reason, engine, operationCount, modelSteps} = result;
	const summary = {key, verdict, reason, engine, operationCount, modelSteps};
	if (explained === undefined) return summary;
	const {explanation, model} = explained;
	const operations = explanation.core.map(({operation, offset, isWeakened}) => ({
		offset,
		process: operation.process,
		call: operation.call,
		return: operation.return === Infinity ? null : operation.return,
		isWeakened,
		description: model.describe(operation.input, operation.output),
	}));
	const {type, detail} = explanation.anomaly;
	const {isMinimal, isSmallest} = explanation;
	return {...summary, anomaly: type, detail, isMinimal, isSmallest, operations};
}
