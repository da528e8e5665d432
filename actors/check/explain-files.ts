import {partition} from '../../src/linearizability/check.js';
import {explainViolation, type Explanation} from '../../src/linearizability/explain.js';
import {renderHtml} from '../../src/linearizability/html.js';
import type {KvHistory, KvInput, KvOutput} from '../../src/linearizability/kv-operation.js';
import {kvModel, type KvModel} from '../../src/linearizability/models/kv-model.js';
import type {FileResult} from './check-files.js';

export interface ExplainedKey {
	readonly file: string;
	readonly key: string;
	readonly history: KvHistory;
	readonly model: KvModel;
	readonly explanation: Explanation<KvInput, KvOutput>;
}

/** All explanations together may take this long; what comes later is less minimal, not absent. */
const explainMs = 10_000;

export function explainAll(results: readonly FileResult[]): ExplainedKey[] {
	const start = performance.now();
	return results.flatMap(result => {
		if (result.type === 'unreadable') return [];
		const bad = result.keys.filter(({verdict}) => verdict === 'violation');
		if (bad.length === 0) return [];
		const model = kvModel(result.model, {initial: result.initial});
		const partitions = partition(result.history, model);
		return bad.map(({key}) => {
			const history = partitions.get(key) ?? [];
			const timeoutMs = Math.max(0, explainMs - (performance.now() - start));
			const explanation = explainViolation(history, {model, now: () => performance.now(), timeoutMs});
			return {file: result.file, key, history, model, explanation};
		});
	});
}

export function renderPage(explained: readonly ExplainedKey[]): string {
	const keys = explained.map(({file, key, history, explanation}) => ({source: file, key, history, explanation}));
	// Descriptions do not depend on which key/value model it is.
	return renderHtml(keys, explained[0]?.model ?? kvModel('kv'));
}
