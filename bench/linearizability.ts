/**
 * How fast is the checker: on the public histories beside Porcupine (Go), and on long histories of a key/value service?
 *
 *     node dist/bench/linearizability.js [--smoke]
 */
import {check} from '../src/linearizability/check.js';
import {parseHistory} from '../src/linearizability/formats/format.js';
import type {KvHistory, KvOperation} from '../src/linearizability/kv-operation.js';
import {kvModel} from '../src/linearizability/models/kv-model.js';
import {publicHistories} from '../test/linearizability/public-histories.js';

const isSmoke = process.argv.includes('--smoke');
const rounds = isSmoke ? 1 : 15;
const soakOperations = isSmoke ? 10_000 : 1_000_000;

/** Milliseconds: the first run, and the fastest of all. */
function time(run: () => void): {readonly first: number; readonly fastest: number} {
	const times = Array.from({length: rounds}, () => {
		const start = performance.now();
		run();
		return performance.now() - start;
	});
	return {first: times[0] as number, fastest: Math.min(...times)};
}

function benchPublicHistories(): void {
	const histories = publicHistories();
	const total = {go: 0, first: 0, fastest: 0, slow: 0};
	for (const {name, text, goMs, goSteps, verdict} of histories) {
		const {model, initial, history} = parseHistory(text);
		let steps = 0;
		const {first, fastest} = time(() => {
			const result = check(history, {model: kvModel(model, {initial})});
			if (result.verdict !== verdict) throw new Error(`${name}: ${result.verdict}, not ${verdict}`);
			steps = result.keys.reduce((sum, key) => sum + key.modelSteps, 0);
		});
		if (fastest > Math.max(5, 2 * goMs)) total.slow++;
		total.go += goMs;
		total.first += first;
		total.fastest += fastest;
		console.log(
			`${name.padEnd(26)} ${fastest.toFixed(3).padStart(9)} ms (first ${first.toFixed(2)}), ${steps} steps; Porcupine ${goMs} ms, ${goSteps} steps`,
		);
	}
	if (histories.length === 0) return console.log('public histories: not beside the project, skipped');
	const ratio = (total.go / total.fastest).toFixed(1);
	console.log(
		`all ${histories.length}: ${total.fastest.toFixed(1)} ms (first runs ${total.first.toFixed(1)} ms), Porcupine ${total.go.toFixed(1)} ms: ${ratio} times as fast; slower than both 5 ms and twice Porcupine: ${total.slow}`,
	);
}

/** A correct service: `clients` at a time, half gets, half puts of unique values. */
function serviceHistory(count: number, clients: number, keys: number, isVersioned: boolean): KvHistory {
	const values = new Map<string, {readonly value: string; readonly version: number}>();
	const operations: KvOperation[] = [];
	for (let index = 0; index < count; index++) {
		const key = `key ${(index * 7919) % keys}`;
		const input =
			index % 2 === 0 ? ({type: 'put', key, value: `value ${index};`} as const) : ({type: 'get', key} as const);
		if (input.type === 'put') values.set(key, {value: input.value, version: index + 1});
		const now = values.get(key);
		const version = isVersioned ? (now?.version ?? 0) : undefined;
		const output =
			input.type === 'put'
				? ({type: 'written', version} as const)
				: ({type: 'value', value: now?.value, version} as const);
		// Takes effect at `index`, somewhere within its interval; one client's operations do not overlap.
		const call = index - ((index * 31) % clients) / 2;
		operations.push({process: String(index % clients), call, return: call + clients - 1, input, output});
	}
	return operations;
}

function benchService(): void {
	for (const isVersioned of [true, false]) {
		for (const keys of [1, 1000]) {
			const history = serviceHistory(soakOperations, 50, keys, isVersioned);
			const start = performance.now();
			const {verdict} = check(history, {model: kvModel('kv')});
			const ms = performance.now() - start;
			const how = isVersioned ? 'versions' : 'unique values';
			console.log(
				`service operations=${history.length} clients=50 keys=${keys} ${how}: ${verdict} in ${ms.toFixed(0)} ms`,
			);
			if (verdict !== 'ok') throw new Error('the service was correct');
		}
	}
}

/** Reading is not part of the times above. */
function benchParse(): void {
	const [largest] = publicHistories().sort((a, b) => b.text.length - a.text.length);
	if (largest === undefined) return;
	const {fastest} = time(() => void parseHistory(largest.text));
	console.log(`parse ${largest.name} (${largest.text.length} bytes): ${fastest.toFixed(1)} ms`);
}

benchPublicHistories();
benchParse();
benchService();
