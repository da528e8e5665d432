/** The step in which the checker finds a bug. */
import {performance} from 'node:perf_hooks';
import {check} from '../../../src/linearizability/check.js';
import {explainViolation} from '../../../src/linearizability/explain.js';
import type {KvHistory} from '../../../src/linearizability/kv-operation.js';
import {kvModel} from '../../../src/linearizability/models/kv-model.js';
import {Recorder} from '../../../src/linearizability/recorder.js';
import type {KeyValueClient} from '../../key-value-client.js';
import {RecordedClient} from '../../load/recorded-client.js';
import {CachingClient} from '../caching-client.js';
import {expect, type TourHands, type TourStep} from '../step.js';

const rounds = 5;
const key = 'price';

export const violation: TourStep = {
	title: 'A bug, and the checker that finds it',
	source: 'Raft paper, 8; Herlihy and Wing, "Linearizability"',
	story: [
		'Two clients of this cluster: a shop writes a price, a customer reads it. The',
		'client of the customer has a bug, planted for this tour: what it has read',
		'once it answers from a cache, and asks nobody. A leader that reads its own',
		'state without asking a majority makes the same mistake. All that the two saw',
		'is recorded and judged.',
		'',
		'Look at the verdict, and at the operations that no order explains.',
	],
	lines: ['(both clients, with the bug, then the judgement)', '(the same without the bug)'],
	run: async hands => {
		const faulty = await record(hands, client => new CachingClient(client));
		hands.print(`${faulty.length} operations with the bug: ${check(faulty, {model: kvModel('kv')}).verdict}`);
		expect(check(faulty, {model: kvModel('kv')}).verdict === 'violation', 'the bug is found');
		for (const line of explain(faulty)) hands.print(line);
		const good = await record(hands, client => client);
		const {verdict} = check(good, {model: kvModel('kv')});
		hands.print(`${good.length} operations without the bug: ${verdict}`);
		expect(verdict === 'ok', 'without the bug nothing is found');
		return ['With the bug the history is NOT linearizable; without it, it is.'];
	},
};

/** What the two clients saw. `plant`: makes the reading client of one that does as it ought to. */
async function record({cluster}: TourHands, plant: (client: KeyValueClient) => KeyValueClient): Promise<KvHistory> {
	const recorder = new Recorder(() => Math.round(performance.now() * 1e6));
	const clients = [cluster.clerk({timeoutMs: 20_000}), plant(cluster.clerk({timeoutMs: 20_000}))] as const;
	const shop = new RecordedClient(clients[0], recorder, 'shop');
	const customer = new RecordedClient(clients[1], recorder, 'customer');
	try {
		// The history begins with a key that is not there.
		await clients[0].delete(key);
		for (let round = 1; round <= rounds; round++) {
			await shop.put(key, `${10 * round}`);
			await customer.get(key);
		}
		return recorder.history();
	} finally {
		for (const client of clients) await client.close();
	}
}

/** The smallest part of it that is wrong, in words. */
function explain(history: KvHistory): readonly string[] {
	const model = kvModel('kv');
	const {core, anomaly} = explainViolation(history, {model, now: () => performance.now(), timeoutMs: 5000});
	const operations = core.flatMap(({offset}) => history[offset] ?? []);
	return [
		anomaly.detail,
		...operations.map(({process, input, output}) => `  ${process}: ${model.describe(input, output)}`),
	];
}
