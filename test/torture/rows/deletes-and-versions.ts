import {Cluster} from '../../../actors/cluster/cluster.js';
import type {Random} from '../../../src/base/random.js';
import {check} from '../../../src/linearizability/check.js';
import {versionOf, type KvHistory, type KvOperation} from '../../../src/linearizability/kv-operation.js';
import {kvModel} from '../../../src/linearizability/models/kv-model.js';
import {Recorder} from '../../../src/linearizability/recorder.js';
import {type Caller, ClientCaller, NoAnswer} from '../kit/caller.js';
import type {Row} from '../row.js';
import type {Trial} from '../trial.js';

const clients = 4;
const operationsPerClient = 60;
/** Few, so that a delete is met by whoever wanted to change the key. */
const keys = ['a', 'b'];

export const deletesAndVersions: Row = {
	name: 'deletes-and-versions',
	title:
		'what a real cluster answers to deletes and conditions on versions is judged linearizable, and one wrong answer among them is not',
	weight: 30,
	shortMs: 2000,
	isInTests: true,
	run: async trial => {
		const cluster = await Cluster.start({nodes: 3, seed: trial.random.uint32()});
		trial.defer(() => cluster.close());
		const callers = Array.from({length: clients}, () => new ClientCaller(cluster.clerk()));
		let unseen = 0;
		for (let round = 0; round === 0 || !trial.isOver; round++) {
			const history = await record(trial, callers, `${round}/`);
			const {verdict, keys: judged} = check(history, {model: kvModel('kv')});
			if (verdict !== 'ok')
				trial.find(`an honest history is "${verdict}": ${JSON.stringify(judged.filter(key => key.verdict !== 'ok'))}`);
			trial.operation(history.length);
			const forged = forge(history, trial.random);
			if (forged === undefined) continue;
			trial.fault();
			// Every value that is written is written once: a read of one that nobody wrote fits no order.
			if (check(forged, {model: kvModel('kv')}).verdict !== 'violation') unseen++;
			trial.tell(`${round + 1} histories`);
		}
		if (unseen > 0) trial.find(`${unseen} histories with a wrong answer were not found to be violations`);
	},
};

async function record(trial: Trial, callers: readonly Caller[], prefix: string): Promise<KvHistory> {
	const recorder = new Recorder(() => Math.round(performance.now() * 1e6));
	const work = async (caller: Caller, client: number): Promise<void> => {
		const random = trial.random.fork(`${prefix}${client}`);
		const versions = new Map<string, number>();
		for (let number = 0; number < operationsPerClient; number++) {
			const key = `${prefix}${random.pick(keys)}`;
			const process = `${client}.${number}`;
			const value = `${process} `;
			const input = random.pick([
				{type: 'get', key},
				{type: 'delete', key},
				{type: 'put', key, value},
				{type: 'append', key, value},
				{type: 'compareAndSet', key, expected: {version: versions.get(key) ?? 0}, value},
				{type: 'compareAndSet', key, expected: {version: 0}, value},
				{type: 'compareAndSet', key, expected: {value: undefined}, value},
			] as const);
			recorder.invoke(process, input);
			try {
				const output = await caller.run(input);
				recorder.complete(process, output);
				versions.set(key, versionOf(output) ?? 0);
			} catch (error) {
				if (!(error instanceof NoAnswer)) throw error;
				recorder.loseTrack(process);
			}
		}
	};
	await Promise.all(callers.map(work));
	return recorder.history();
}

/** One read of a value that was there saw another one. */
function forge(history: KvHistory, random: Random): KvHistory | undefined {
	const reads = history.filter(({output}) => output?.type === 'value' && output.value !== undefined);
	if (reads.length === 0) return undefined;
	const read = random.pick(reads);
	const forged: KvOperation = {
		...read,
		output: {type: 'value', value: 'nobody wrote this', version: versionOf(read.output)},
	};
	return history.map(operation => (operation === read ? forged : operation));
}
