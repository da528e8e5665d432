import {writeFile} from 'node:fs/promises';
import path from 'node:path';
import type {Random} from '../../../src/base/random.js';
import type {KvInput, KvOutput} from '../../../src/linearizability/kv-operation.js';
import {Recorder} from '../../../src/linearizability/recorder.js';
import {runCommand} from '../kit/server.js';
import type {Row} from '../row.js';

/** What `check` is given, and what it may take beside: reading the file, starting up, a busy machine. */
const budgetMs = 5000;
const extraMs = 20_000;
const violationStatus = 1;

export const lateViolation: Row = {
	name: 'late-violation',
	title:
		'one stale read among a hundred thousand operations on one key is told within the time that the check was given',
	weight: 20,
	shortMs: 2000,
	isInTests: true,
	run: async trial => {
		for (let round = 0; round === 0 || !trial.isOver; round++) {
			const operations = trial.isLong ? 100_000 : 5000;
			const file = path.join(trial.folder, 'stale.jsonl');
			await writeFile(file, `${[...stale(trial.random, operations)].join('\n')}\n`);
			const startedAt = performance.now();
			const {code, signal, output, errors} = await runCommand({
				args: ['check', file, '--timeout', String(budgetMs)],
				timeoutMs: budgetMs + extraMs,
			});
			trial.fault();
			trial.operation(operations);
			trial.note('told after', `${((performance.now() - startedAt) / 1000).toFixed(1)} s`);
			if (signal !== null) trial.demand(false, `nothing was told within ${(budgetMs + extraMs) / 1000} s`);
			trial.demand(code === violationStatus, `check ended with ${code}: ${output.slice(0, 500)}${errors}`);
			trial.tell(`${round + 1} histories`);
		}
	},
};

/** Two clients, one after the other, append and read; one read, far behind, sees what was there long before. */
function stale(random: Random, operations: number): Iterable<string> {
	let time = 0;
	const recorder = new Recorder(() => ++time);
	const run = (process: string, input: KvInput, output: KvOutput): void => {
		recorder.invoke(process, input);
		recorder.complete(process, output);
	};
	const staleAt = operations - random.integer(10, 100);
	const values: string[] = [];
	for (let number = 0; number < operations; number++) {
		const process = number % 2 === 0 ? 'a' : 'b';
		if (number % 2 === 0) {
			values.push(`v${number}`);
			run(process, {type: 'put', key: 'k', value: `v${number}`}, {type: 'written', version: undefined});
		} else {
			const isStale = number >= staleAt && number < staleAt + 2;
			const value = isStale ? values[Math.floor(values.length / 2)] : values.at(-1);
			run(process, {type: 'get', key: 'k'}, {type: 'value', value, version: undefined});
		}
	}
	return recorder.jsonLines();
}
