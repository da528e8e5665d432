/** The key/value service on virtual time: the real servers and clerks, on a simulated network and simulated disks. */
import {kvMachine} from '../../../src/kv/state-machine.js';
import type {KvTypes} from '../../../src/kv/words.js';
import assert from 'node:assert/strict';
import {codec} from '../../../actors/codec/codec.js';
import {defaultKvLimits} from '../../../src/kv/limits.js';
import {defaultSessionLimits} from '../../../src/service/sessions.js';
import {clientEndpoint} from '../../../src/faults/endpoint.js';
import type {LabMode} from '../../../src/faults/fault-plan.js';
import {ServiceServer} from '../../../src/service/server/service-server.js';
import type {ServiceReply, ServiceRequest} from '../../../src/service/types.js';
import type {ServiceTools} from '../../../src/simulation/node-context.js';
import {hardStateBytes} from '../accounting.js';
import type {KvClerk, KvCluster, KvClusterOptions, ServerSizes, Traffic} from '../harness.js';
import {connectClerk, limitsFor} from '../kv/cluster-options.js';
import {drawClusterParameters} from './parameters.js';
import {ReplicaJudge} from './replica-judge.js';
import {SimulatedClerk} from './simulated-clerk.js';
import {type ClerkEvent, SimulatedServers, type Surroundings} from './simulated-servers.js';

/** Of one row; the longest has about 60. */
const clerksMax = 128;

export class KvSimulated implements KvCluster {
	readonly #surroundings: Surroundings;
	readonly #servers: SimulatedServers<ServiceServer<KvTypes>>;
	readonly #ids: readonly number[];
	readonly #clerks: SimulatedClerk[] = [];
	/** By server: requests that it has, by the number that stands for the clerk and its request. */
	readonly #waiting: readonly Set<number>[];

	constructor({servers, maxRaftState, died}: KvClusterOptions, surroundings: Surroundings) {
		this.#surroundings = surroundings;
		const {valueBytesMax} = defaultKvLimits;
		const {sessionTimeoutMs} = defaultSessionLimits;
		const limits = {valueBytesMax, sessionTimeoutMs};
		const judge = new ReplicaJudge(limits, (invariant, detail) => this.#servers.report(invariant, detail));
		this.#servers = new SimulatedServers(
			{
				servers,
				clerks: clerksMax,
				parameters: drawClusterParameters(surroundings.random.fork('parameters'), {
					maxRaftState,
					limits: limitsFor(maxRaftState),
				}),
				newService: tools => this.#newServer(tools, limits),
				served: (server, {state}) => judge.applied(server, state),
				committed: entry => judge.committed(entry),
				clerkEvent: event => this.#take(event),
				died,
			},
			surroundings,
		);
		this.#ids = this.#servers.nodes.map(({id}) => id);
		this.#waiting = this.#ids.map(() => new Set());
		for (const id of this.#ids) this.#servers.start(id);
	}

	clerk(): KvClerk {
		const client = this.#clerks.length;
		assert(client < clerksMax, 'the network has a place for every clerk');
		const {time, random} = this.#surroundings;
		const {plan} = this.#servers.network;
		const clerk = new SimulatedClerk({
			endpoint: clientEndpoint(`c${client}`),
			servers: this.#ids,
			random: random.fork(`clerk ${client}`),
			time,
			send: (requestId, server, request) => this.#send(client, requestId, server, request),
			cancel: requestId => this.#cancel(numberOf(client, requestId)),
			arm: (delayMs, timer) => this.#servers.schedule(delayMs, {type: 'clientTimer', client, clientLife: 0, timer}),
			connectTo: (endpoint, servers) => connectClerk(plan, endpoint, {servers, nodes: this.#ids}),
		});
		this.#clerks.push(clerk);
		return clerk;
	}

	partition(groups: readonly (readonly number[])[]): void {
		this.#servers.network.plan.partition(groups);
	}

	connectAll(): void {
		this.#servers.network.plan.clear('partition');
	}

	setMode(mode: LabMode, on: boolean): void {
		this.#servers.network.plan.setMode(mode, on);
	}

	async leader(): Promise<number | undefined> {
		const statuses = this.#servers.nodes.flatMap(({status}) => (status?.role === 'leader' ? [status] : []));
		return statuses.sort((a, b) => b.currentTerm - a.currentTerm)[0]?.id;
	}

	async shutdown(server: number): Promise<void> {
		this.#servers.crash(server);
		for (const number of this.#waiting[server]!) this.#lose(number);
		this.#waiting[server]!.clear();
	}

	async start(server: number): Promise<void> {
		this.#servers.start(server);
	}

	async sizes(): Promise<readonly ServerSizes[]> {
		return this.#ids.map(id => {
			const {status, snapshotBytes} = this.#servers.node(id);
			assert(status !== undefined, `server ${id} is down and does not tell its sizes`);
			return {state: status.logBytes + hardStateBytes, snapshot: snapshotBytes};
		});
	}

	traffic(): Traffic {
		return this.#servers.traffic();
	}

	async close(): Promise<void> {
		this.#servers.close();
	}

	#newServer(
		{node, now, wallNow, send}: ServiceTools,
		limits: {readonly valueBytesMax: number; readonly sessionTimeoutMs: number},
	): ServiceServer<KvTypes> {
		const reply = (number: number, answer: ServiceReply): void => this.#reply(node, number, answer);
		return new ServiceServer<KvTypes>({codec, machine: kvMachine(limits), now, wallNow, send, limits, reply});
	}

	#send(client: number, requestId: number, node: number, request: ServiceRequest): void {
		const bytes = request.type === 'write' ? request.command.length : request.reads.length;
		this.#servers.count(bytes);
		const {network} = this.#servers;
		const event = {type: 'request', client, clientLife: 0, node, requestId, request} as const;
		const arrivals = network.send(network.clientPlace(client), node, 'request', bytes, event);
		if (arrivals === 0) this.#lose(numberOf(client, requestId));
	}

	#reply(node: number, number: number, reply: ServiceReply): void {
		this.#waiting[node]!.delete(number);
		const {client, requestId} = ofNumber(number);
		const {network} = this.#servers;
		const bytes = reply.type === 'outcomes' ? reply.outcomes.length : 0;
		const event = {type: 'reply', from: node, client, clientLife: 0, requestId, reply} as const;
		const arrivals = network.send(node, network.clientPlace(client), 'reply', bytes, event);
		if (arrivals === 0) this.#lose(number);
	}

	/** The clerk notices, as with a broken connection, that no answer will come. */
	#lose(number: number): void {
		const {plan} = this.#servers.network;
		const {client, requestId} = ofNumber(number);
		const delayMs = plan.lossNoticeMs(this.#surroundings.random);
		this.#servers.schedule(delayMs, {type: 'lost', client, clientLife: 0, requestId});
	}

	/** A server notices at once that nobody waits any more: fewer of these are on their way than of anything else. */
	#cancel(number: number): void {
		for (const id of this.#ids) {
			if (this.#waiting[id]!.delete(number)) this.#servers.node(id).service?.cancel(number);
		}
	}

	#take(event: ClerkEvent): void {
		const clerk = this.#clerks[event.client]!;
		switch (event.type) {
			case 'request':
				return this.#takeRequest(event);
			case 'reply':
				return clerk.reply(event.requestId, event.reply);
			case 'lost':
				return clerk.lost(event.requestId);
			case 'clientTimer':
				return clerk.timer(event.timer);
			default:
				return event satisfies never;
		}
	}

	#takeRequest({client, requestId, node, request}: Extract<ClerkEvent, {type: 'request'}>): void {
		const number = numberOf(client, requestId);
		const server = this.#servers.node(node);
		if (!server.isUp) return this.#lose(number);
		this.#waiting[node]!.add(number);
		server.ask(service => service.request(number, request));
	}
}

/** One number for a clerk and its request: what a server knows them by. */
const numberOf = (client: number, requestId: number): number => requestId * clerksMax + client;

function ofNumber(number: number): {readonly client: number; readonly requestId: number} {
	return {client: number % clerksMax, requestId: Math.floor(number / clerksMax)};
}
