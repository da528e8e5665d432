import {RedisCaller, NoAnswer} from '../kit/caller.js';
import {connectRedis} from '../kit/connect-redis.js';
import {FailingDevice, whyNoFailingDevice} from '../kit/disk-shim.js';
import {Ledger} from '../kit/ledger.js';
import {Server} from '../kit/server.js';
import type {Row} from '../row.js';
import type {Trial} from '../trial.js';

const recoveryTimeoutMs = 60_000;
const acknowledgedAfterwards = 10;

export const failedSync: Row = {
	name: 'failed-sync',
	title:
		'what a failed sync may have dropped is written again before it counts: a power cut after the recovery takes nothing acknowledged',
	weight: 60,
	shortMs: 2000,
	isInTests: true,
	missing: whyNoFailingDevice,
	run: async trial => {
		const directory = await trial.makeFolder('data');
		const device = FailingDevice.make(trial, directory);
		const ledger = new Ledger('ledger');
		let lost = 0;
		for (let round = 1; round === 1 || !trial.isOver; round++) {
			const server = new Server(trial, {args: {nodes: 1, directory}, env: device.env});
			const port = await server.ready();
			await append(trial, port, ledger, trial.random.integer(1, 20));
			device.set('lose', true);
			// The one whose sync fails is of unknown outcome; those after it are answered by a node that has recovered.
			await trial.until('a sync fails', recoveryTimeoutMs, async () => {
				await tryAppend(port, ledger);
				return device.hasLost;
			});
			trial.fault();
			await append(trial, port, ledger, acknowledgedAfterwards);
			await server.kill();
			lost += device.powerCut();
			trial.note('power cuts', round);
			trial.note('bytes dropped', lost);
			const successor = new Server(trial, {args: {nodes: 1, directory}});
			const caller = new RedisCaller(connectRedis(await successor.ready()));
			for (const fault of await ledger.audit(caller)) trial.find(`after power cut ${round}: ${fault}`);
			caller.close();
			await successor.kill();
			trial.tell(`${round} power cuts`);
			trial.signal.throwIfAborted();
		}
		trial.operation(ledger.acknowledged);
	},
};

/** Until so many are acknowledged. */
async function append(trial: Trial, port: number, ledger: Ledger, count: number): Promise<void> {
	const target = ledger.acknowledged + count;
	await trial.until('appends are acknowledged', recoveryTimeoutMs, async () => {
		await tryAppend(port, ledger);
		return ledger.acknowledged >= target;
	});
}

async function tryAppend(port: number, ledger: Ledger): Promise<void> {
	const caller = new RedisCaller(connectRedis(port));
	try {
		await ledger.append(caller);
	} catch (error) {
		if (!(error instanceof NoAnswer)) throw error;
	} finally {
		caller.close();
	}
}
