/**
 * A page that shows violations: self-contained, no network, no script but its own. Every text of a history travels as JSON
 * and is put in place as text, never as markup.
 */
import type {Explanation} from './explain.js';
import type {History, Operation} from './history.js';
import {pageScript, pageStyle} from './html-assets.js';
import type {Model} from './model.js';

/** One key of a history, with its verdict and the explanation of a violation. */
export interface ReportedKey<Input, Output> {
	/** Where it comes from: a file name. */
	readonly source: string;
	readonly key: string;
	readonly history: History<Input, Output>;
	readonly explanation: Explanation<Input, Output>;
}

/** Operations of a key that are drawn, with the core; beyond this a page gets slow. */
const drawnMax = 1000;

interface Drawn {
	readonly process: string;
	readonly call: number;
	/** `null`: unknown. */
	readonly end: number | null;
	readonly label: string;
	/** Of the core: 1 for what contradicts, 2 for what may happen at any time. */
	readonly core: 0 | 1 | 2;
	/** In the longest linearization, from 1. */
	readonly order: number | null;
	readonly before: string | null;
	readonly after: string | null;
	readonly isStuck: boolean;
}

/** A page of its own that shows each violation on a time axis. No text of the history becomes markup. */
export function renderHtml<Input, Output, State>(
	keys: readonly ReportedKey<Input, Output>[],
	model: Model<Input, Output, State>,
): string {
	const data = keys.map(({source, key, history, explanation}) => ({
		source,
		key,
		type: explanation.anomaly.type,
		detail: explanation.anomaly.detail,
		isMinimal: explanation.isMinimal,
		total: history.length,
		finalState: explanation.finalState,
		operations: drawAll(history, explanation, model),
	}));
	// "<" could end the script element; as an escape it is the same JSON.
	const json = JSON.stringify(data).replaceAll('<', String.raw`\u003c`);
	return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<title>Linearizability violations</title>
<style>${pageStyle}</style>
<main id="page"></main>
<script type="application/json" id="data">${json}</script>
<script>${pageScript}</script>
</html>
`;
}

function drawAll<Input, Output, State>(
	history: History<Input, Output>,
	explanation: Explanation<Input, Output>,
	model: Model<Input, Output, State>,
): Drawn[] {
	const {core, longest, stuck} = explanation;
	const places = new Map(core.map(({offset}, place) => [offset, place]));
	const steps = new Map(longest.map((step, order) => [step.place, {...step, order: order + 1}]));
	const kept = aroundCore(history, [...places.keys()].slice(-drawnMax));
	return kept.map(offset => {
		const {process, call, return: end, input, output} = history[offset] as Operation<Input, Output>;
		const place = places.get(offset);
		const step = place === undefined ? undefined : steps.get(place);
		return {
			process,
			call,
			end: end === Infinity ? null : end,
			label: model.describe(input, output),
			core: place === undefined ? 0 : core[place]?.operation.output === undefined ? 2 : 1,
			order: step?.order ?? null,
			before: step?.before ?? null,
			after: step?.after ?? null,
			isStuck: place !== undefined && stuck.includes(place),
		};
	});
}

/** The core, and of the others those called nearest to it. */
function aroundCore<Input, Output>(history: History<Input, Output>, core: readonly number[]): number[] {
	const callOf = (offset: number): number => (history[offset] as Operation<Input, Output>).call;
	const middle = callOf(core[core.length >>> 1] ?? 0);
	const inCore = new Set(core);
	const others = history.map((_, offset) => offset).filter(offset => !inCore.has(offset));
	others.sort((a, b) => Math.abs(callOf(a) - middle) - Math.abs(callOf(b) - middle));
	return [...core, ...others.slice(0, Math.max(0, drawnMax - core.length))].sort((a, b) => callOf(a) - callOf(b));
}
