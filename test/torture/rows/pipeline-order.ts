import {Cluster} from '../../../actors/cluster/cluster.js';
import type {Clerk} from '../../../actors/clerk/clerk.js';
import {startRedisGateway} from '../../../actors/redis/gateway.js';
import {OperationError} from '../../../src/service/errors.js';
import {request, talk} from '../../redis/harness.js';
import type {Row} from '../row.js';
import type {Trial} from '../trial.js';

/** More than a clerk sends in one request. */
const pipelineLength = 600;

export const pipelineOrder: Row = {
	name: 'pipeline-order',
	title:
		'what one connection or clerk sends in an order is applied in that order, over lossy networks and changes of leader',
	weight: 40,
	shortMs: 2000,
	isInTests: true,
	run: async trial => {
		const cluster = await Cluster.start({nodes: 3, seed: trial.random.uint32()});
		trial.defer(() => cluster.close());
		const gateway = await startRedisGateway({
			client: cluster.clerk({timeoutMs: 30_000}),
			port: 0,
			info: () => Promise.resolve({}),
		});
		trial.defer(() => gateway.close());
		cluster.faults.setMode('unreliable', true);
		for (let round = 0; round < 2 || !trial.isOver; round++) {
			const crash = trial.random.chance(0.5) ? crashLeader(trial, cluster) : Promise.resolve();
			if (round % 2 === 0) await throughPort(trial, gateway.port, `p${round}`);
			else await throughClerk(trial, cluster.clerk({timeoutMs: 30_000}), `c${round}`);
			await crash;
			trial.fault();
			trial.tell(`${round + 1} pipelines`);
		}
	},
};

async function crashLeader(trial: Trial, cluster: Cluster): Promise<void> {
	await trial.sleep(trial.random.integer(0, 300));
	const leader = await cluster.waitForLeader(30_000);
	await cluster.kill(leader);
	await trial.sleep(200);
	await cluster.restart(leader);
	trial.fault();
}

async function throughPort(trial: Trial, port: number, key: string): Promise<void> {
	const appends = Array.from({length: pipelineLength}, (_, token) => request('APPEND', key, `${token},`));
	const replies = (await talk({port}, Buffer.concat(appends))).split('\r\n').slice(0, -1);
	trial.demand(replies.length === pipelineLength, `${pipelineLength} requests had ${replies.length} replies`);
	const value = (await talk({port}, request('GET', key))).split('\r\n')[1] ?? '';
	judge(
		trial,
		key,
		value,
		replies.map(reply =>
			reply.startsWith(':') ? 'done' : /^-(TRYAGAIN|CLUSTERDOWN)/.test(reply) ? 'refused' : 'unknown',
		),
	);
}

type Answer = 'done' | 'unknown' | 'refused';

async function throughClerk(trial: Trial, clerk: Clerk, key: string): Promise<void> {
	const answers = await Promise.all(
		Array.from({length: pipelineLength}, (_, token) =>
			clerk.append(key, `${token},`).then(
				(): Answer => 'done',
				(error: unknown): Answer =>
					error instanceof OperationError && error.outcome === 'notExecuted' ? 'refused' : 'unknown',
			),
		),
	);
	const value = (await clerk.getText(key)) ?? '';
	clerk.close();
	judge(trial, key, value, answers);
}

function judge(trial: Trial, key: string, value: string, answers: readonly Answer[]): void {
	const tokens = value.split(',').slice(0, -1).map(Number);
	const disorder = tokens.findIndex((token, offset) => offset > 0 && token <= (tokens[offset - 1] ?? -1));
	if (disorder > 0)
		trial.find(`${key}: ${tokens[disorder]} stands behind ${tokens[disorder - 1]} (pipeline of ${pipelineLength})`);
	const seen = new Set(tokens);
	for (const [token, answer] of answers.entries()) {
		if (answer === 'done' && !seen.has(token)) trial.find(`${key}: ${token} was acknowledged and is lost`);
		if (answer === 'refused' && seen.has(token)) trial.find(`${key}: ${token} was refused and is there`);
	}
	trial.operation(answers.filter(answer => answer === 'done').length);
	trial.note('unknown', answers.filter(answer => answer === 'unknown').length);
}
