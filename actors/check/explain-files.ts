import {explainViolation, type Explanation} from '../../src/linearizability/explain.js';
import {renderHtml} from '../../src/linearizability/html.js';
import type {KvHistory, KvInput, KvOutput} from '../../src/linearizability/kv-operation.js';
import {kvModel, type KvModel} from '../../src/linearizability/models/kv-model.js';
import {partition} from '../../src/linearizability/partition.js';
import type {CheckedFile, FileResult} from './check-files.js';

export interface ExplainedKey {
	readonly file: string;
	readonly key: string;
	readonly history: KvHistory;
	readonly model: KvModel;
	readonly explanation: Explanation<KvInput, KvOutput>;
}

/** The explanations of one file together may take this long, ms, and never more than what its verdict left of the budget. */
const explainMs = 10_000;

/** One after the other, so that each can be told as soon as it is there. `budgetMs`: of each file. */
export function* explainAll(
	results: readonly FileResult[],
	budgetMs: number,
): Generator<ExplainedKey, void, undefined> {
	for (const result of results) if (result.type === 'checked') yield* explainFile(result, budgetMs);
}

function* explainFile(result: CheckedFile, budgetMs: number): Generator<ExplainedKey, void, undefined> {
	const bad = result.keys.filter(({verdict}) => verdict === 'violation');
	if (bad.length === 0) return;
	const now = (): number => performance.now();
	const deadline = now() + Math.min(explainMs, budgetMs - result.elapsedMs);
	const model = kvModel(result.model, {initial: result.initial});
	const partitions = partition(result.history, model);
	for (const {key, anomaly} of bad) {
		const history = partitions.get(key) ?? [];
		const timeoutMs = Math.max(0, deadline - now());
		const explanation = explainViolation(history, {model, anomaly, now, timeoutMs});
		yield {file: result.file, key, history, model, explanation};
	}
}

export function renderPage(explained: readonly ExplainedKey[]): string {
	const keys = explained.map(({file, key, history, explanation}) => ({source: file, key, history, explanation}));
	// Descriptions do not depend on which key/value model it is.
	return renderHtml(keys, explained[0]?.model ?? kvModel('kv'));
}
