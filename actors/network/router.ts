/**
 * The cluster's network. Every thread holds one port to it; whatever nodes and clerks say to each other goes through
 * here, and the fault plan decides what becomes of it. Payloads are not looked into. Without a fault the price is
 * one look-up a message.
 *
 *      replica thread ──batch──▶ ┌────────┐ ──batch──▶ replica thread
 *      clerk          ──batch──▶ │ Router │
 *                                └────────┘
 *      clerk ◀─────────── reply port ─────────── replica thread     (past the router, unless the link has a fault:
 *      clerk ◀── port ──── router ──── port ──── replica thread      then it puts a pair of its own between)
 */
import {MessageChannel, type MessagePort} from 'node:worker_threads';
import {clientEndpoint, type Endpoint, isNode, nodeEndpoint} from '../../src/faults/endpoint.js';
import type {FaultPlan} from '../../src/faults/fault-plan.js';
import type {Random} from '../../src/base/random.js';
import {bytesOnWire} from '../../src/raft/message-bytes.js';
import {kindOf} from '../../src/raft/message-kind.js';
import {type NodeId, nodeId} from '../../src/raft/types.js';
import {BusyPoll} from './busy-poll.js';
import {
	type Envelope,
	type NoticeEnvelope,
	portsOf,
	type ReplyMessage,
	type RequestEnvelope,
	type RouterBatch,
} from './envelope.js';
import {MessageTaps, type TappedPayload} from './message-tap.js';
import {packBatch, type PackedBatch, unpackBatch} from './packed-batch.js';
import {noTraffic, type RouterCounters} from './router-counters.js';
import type {SettledCounters} from './settled-counters.js';

/** A clerk as the router sees it. */
export interface ClientEndpoint {
	/** The reply channels to this server must be replaced: the faults of the link have changed. */
	linkReset(server: NodeId): void;
}

export interface RouterOptions {
	readonly plan: FaultPlan;
	readonly random: Random;
	/** Monotonic milliseconds. */
	readonly now: () => number;
}

/** One message on one link. */
interface Passage {
	readonly from: Endpoint;
	readonly to: Endpoint;
	readonly kind: 'request' | 'reply';
	/** What it counts for on a throttled link. */
	readonly bytes: number;
	readonly payload: TappedPayload;
}

/** What a request or a reply takes beside its bytes, about. */
const headBytes = 64;

/** What a turn sends to one port. */
interface Outgoing {
	readonly port: MessagePort;
	readonly batch: Envelope[];
}

/** A node's threads: raft's, and the KV server's if that is another one. */
interface NodePorts {
	readonly raft: MessagePort;
	readonly kv: MessagePort;
}

export class Router {
	readonly counters: RouterCounters = noTraffic();
	/** What the fault plan holds back now. */
	readonly delayed = {messages: 0, bytes: 0};
	/** Raft requests delivered to each node since it started. */
	readonly delivered = new Map<NodeId, number>();
	/** Operations of the clerks on the router's own thread. */
	readonly settled: SettledCounters = {begun: 0, answered: 0, failed: 0};
	/** Those who watch messages. */
	readonly taps: MessageTaps;
	/** For the clerks on the router's own thread. */
	readonly busyPoll: BusyPoll;
	readonly #options: RouterOptions;
	readonly #nodes = new Map<NodeId, NodePorts>();
	readonly #clients = new Map<number, ClientEndpoint>();
	/** Reply channels that have a pair of the router's put between; by client, server and channel. */
	readonly #relays = new Map<string, MessagePort[]>();
	readonly #timers = new Set<NodeJS.Timeout>();
	/** What a turn sends. */
	#outgoing: Outgoing[] = [];
	readonly #stopListening: () => void;
	#nextClient = 0;
	#isClosed = false;
	#announcesEnds = true;
	/** The plan has changed in this turn. */
	#isChanged = false;

	constructor(options: RouterOptions) {
		this.#options = options;
		this.busyPoll = new BusyPoll({now: options.now});
		this.taps = new MessageTaps(options.now);
		this.#stopListening = options.plan.onChange(() => this.#planChanged());
	}

	/** Connects a node's threads; replaces those of its previous life. `kv` may be the same port as `raft`. */
	attachNode(id: NodeId, ports: NodePorts): void {
		this.detachNode(id);
		this.#nodes.set(id, ports);
		this.delivered.set(id, 0);
		for (const port of new Set([ports.raft, ports.kv])) {
			port.on('message', (packed: PackedBatch) => this.route(unpackBatch(packed)));
			port.on('close', () => this.#nodes.get(id) === ports && this.detachNode(id));
		}
	}

	/** Nothing of this node's present life is heard or reached any more. */
	detachNode(id: NodeId): void {
		const ports = this.#nodes.get(id);
		if (ports === undefined) return;
		this.#nodes.delete(id);
		for (const port of new Set([ports.raft, ports.kv])) {
			port.removeAllListeners('message');
			port.close();
		}
		if (this.#announcesEnds) this.#tellAll({type: 'peerDown', peer: id});
	}

	/** The nodes are about to end together: none needs to hear of the others' end, and none should stand for election for it. */
	clusterEnds(): void {
		this.#announcesEnds = false;
	}

	/** Gives the clerk its number, for the `client` field of its envelopes. */
	attachClient(client: ClientEndpoint): number {
		const number = this.#nextClient++;
		this.#clients.set(number, client);
		return number;
	}

	detachClient(number: number): void {
		this.#clients.delete(number);
		for (const key of this.#relays.keys()) if (key.startsWith(`${number}/`)) this.#closeRelay(key);
	}

	/** A clerk on another thread: it sends batches into the other end of this port, and is told of resets through it. */
	attachClientPort(port: MessagePort): number {
		const number = this.attachClient({linkReset: server => port.postMessage({type: 'linkReset', server})});
		port.on('message', (packed: PackedBatch) => this.route(unpackBatch(packed)));
		port.on('close', () => this.detachClient(number));
		return number;
	}

	route(batch: RouterBatch): void {
		if (this.#isClosed) return;
		for (const envelope of batch) {
			// Notices are the router's own: no thread can send one.
			if (envelope.type === 'raft') this.#routeRaft(envelope);
			else if (envelope.type === 'request') this.#routeRequest(envelope);
		}
		this.#flush();
	}

	close(): void {
		this.#isClosed = true;
		this.clusterEnds();
		this.#stopListening();
		for (const timer of this.#timers) clearTimeout(timer);
		for (const id of this.#nodes.keys()) this.detachNode(id);
		for (const ports of this.#relays.values()) for (const port of ports) port.close();
		this.#clients.clear();
	}

	/** All changes of one turn are one. No reply can pass by the router meanwhile: it comes with a later turn. */
	#planChanged(): void {
		if (this.#isChanged) return;
		this.#isChanged = true;
		queueMicrotask(() => {
			this.#isChanged = false;
			if (!this.#isClosed) this.#resetLinks();
		});
	}

	/** Clients get new reply channels on the links that have a fault now, and on those whose replies pass the router without need. */
	#resetLinks(): void {
		const {plan} = this.#options;
		const relayed = new Set(Array.from(this.#relays.keys(), key => key.slice(0, key.lastIndexOf('/'))));
		for (const [number, clerk] of this.#clients) {
			for (const id of this.#nodes.keys()) {
				const [client, server] = linkOf(number, id);
				const isClean = plan.isClean(client, server) && plan.isClean(server, client);
				if (!isClean || relayed.has(`${number}/${id}`)) clerk.linkReset(id);
			}
		}
	}

	/** A majority of the nodes has just been started, and none can lead yet: they need not wait for the silence of a leader. */
	nodesBegan(): void {
		this.#tellAll({type: 'noLeader'});
	}

	/** After all that a node that has ended has said: it went through this router, and through the ports that the others listen to. */
	#tellAll(notice: NoticeEnvelope): void {
		for (const {raft} of this.#nodes.values()) this.#post(raft, notice);
		this.#flush();
	}

	#count(envelope: Exclude<Envelope, NoticeEnvelope>): void {
		const {counters} = this;
		counters.messages++;
		if (envelope.type === 'request') {
			counters.requests++;
			counters.clientRequests++;
			counters.bytes += bytesOfRequest(envelope.request);
			return;
		}
		const {message} = envelope;
		if (kindOf(message) === 'request') counters.requests++;
		if (message.type === 'appendEntries') counters.bytes += message.entries.length;
		else if (message.type === 'installSnapshot') counters.bytes += message.data.length;
	}

	#routeRaft(envelope: Extract<Envelope, {type: 'raft'}>): void {
		this.#count(envelope);
		const from = nodeEndpoint(envelope.from);
		const to = nodeEndpoint(envelope.to);
		const {message} = envelope;
		const kind = kindOf(message);
		this.#withFaults({from, to, kind, bytes: bytesOnWire(message), payload: message}, () => {
			const port = this.#nodes.get(envelope.to)?.raft;
			if (port === undefined) {
				this.counters.undeliverable++;
				return;
			}
			this.#post(port, envelope);
			if (kind === 'request') this.delivered.set(envelope.to, (this.delivered.get(envelope.to) ?? 0) + 1);
		});
	}

	#routeRequest(envelope: RequestEnvelope): void {
		this.#count(envelope);
		const [client, server] = linkOf(envelope.client, envelope.server);
		const {plan} = this.#options;
		const isClean = plan.isClean(client, server) && plan.isClean(server, client);
		const routed = isClean || envelope.port === undefined ? envelope : this.#relay(envelope, envelope.port);
		const {request} = envelope;
		const bytes = headBytes + bytesOfRequest(request);
		const passage = {from: client, to: server, kind: 'request', bytes, payload: request} as const;
		const isDelivered = this.#withFaults(passage, isFirst => {
			// The clerk gave the channel up while its request was late: the port closed with it, and cannot be handed on.
			if (routed !== envelope && !this.#relays.has(channelKey(envelope))) return;
			const port = this.#nodes.get(envelope.server)?.kv;
			if (port === undefined) {
				this.counters.undeliverable++;
				// As a connection to a process that is gone: refused at once. A clerk must not wait there for a new leader.
				this.#closeChannel(routed);
				return;
			}
			// A port can be handed on once; a duplicate finds the channel already there.
			this.#post(port, isFirst ? routed : {...routed, port: undefined});
		});
		if (!isDelivered) this.#breakChannel(routed);
	}

	/** Lets `deliver` happen as often and as late as the plan says; the port travels with the earliest. */
	#withFaults(passage: Passage, deliver: (isFirst: boolean) => void): boolean {
		const {from, to, kind, bytes} = passage;
		const {plan, random, now} = this.#options;
		if (plan.isClean(from, to)) {
			if (this.taps.isWanted) this.taps.see(passage, undefined, this.#isNobodyAt(to));
			deliver(true);
			return true;
		}
		const deliveries = plan.decide(from, to, kind, random, now(), bytes);
		if (deliveries.length === 0) this.counters.lost++;
		else this.counters.duplicated += deliveries.length - 1;
		const delays = deliveries.map(({afterMs}) => afterMs).sort((a, b) => a - b);
		if (this.taps.isWanted) this.taps.see(passage, delays, this.#isNobodyAt(to));
		for (const [offset, afterMs] of delays.entries()) {
			if (afterMs > 0) this.counters.late++;
			if (afterMs <= 0) deliver(offset === 0);
			else this.#delay(afterMs, bytes, () => deliver(offset === 0));
		}
		return deliveries.length > 0;
	}

	/** Where a node was killed, say. */
	#isNobodyAt(to: Endpoint): boolean {
		return isNode(to) && !this.#nodes.has(nodeId(Number(to.slice(to.indexOf(':') + 1))));
	}

	#delay(ms: number, bytes: number, deliver: () => void): void {
		const {delayed} = this;
		delayed.messages += 1;
		delayed.bytes += bytes;
		this.#after(ms, () => {
			delayed.messages -= 1;
			delayed.bytes -= bytes;
			deliver();
		});
	}

	#after(ms: number, action: () => void): void {
		if (ms <= 0) return action();
		const timer = setTimeout(() => {
			this.#timers.delete(timer);
			action();
			this.#flush();
		}, ms);
		this.#timers.add(timer);
	}

	/** Puts a pair of ports between clerk and server, so that replies meet the faults of the link. */
	#relay(envelope: RequestEnvelope, clerkPort: MessagePort): RequestEnvelope {
		const {port1, port2} = new MessageChannel();
		const key = channelKey(envelope);
		const [client, server] = linkOf(envelope.client, envelope.server);
		port1.on('message', (message: ReplyMessage) => {
			const bytes = headBytes + bytesOfReply(message);
			const passage = {from: server, to: client, kind: 'reply', bytes, payload: message.reply} as const;
			const isDelivered = this.#withFaults(passage, () => clerkPort.postMessage(message));
			// The clerk must learn that nothing will come: a reply that is lost ends the channel.
			if (!isDelivered) this.#breakChannel(envelope);
		});
		for (const port of [port1, clerkPort]) port.on('close', () => this.#closeRelay(key));
		this.#relays.set(key, [port1, clerkPort]);
		return {...envelope, port: port2};
	}

	#closeRelay(key: string): void {
		const ports = this.#relays.get(key) ?? [];
		this.#relays.delete(key);
		for (const port of ports) port.close();
	}

	/** The request or its reply is lost, and the clerk notices as with a broken connection: its end closes. */
	#breakChannel(envelope: RequestEnvelope): void {
		const {plan, random} = this.#options;
		this.#after(plan.lossNoticeMs(random), () => this.#closeChannel(envelope));
	}

	#closeChannel(envelope: RequestEnvelope): void {
		this.#closeRelay(channelKey(envelope));
		envelope.port?.close();
	}

	#post(port: MessagePort, envelope: Envelope): void {
		for (const outgoing of this.#outgoing) {
			if (outgoing.port !== port) continue;
			outgoing.batch.push(envelope);
			return;
		}
		this.#outgoing.push({port, batch: [envelope]});
	}

	#flush(): void {
		if (this.#outgoing.length === 0) return;
		this.busyPoll.sent();
		const sent = this.#outgoing;
		this.#outgoing = [];
		for (const {port, batch} of sent) port.postMessage(packBatch(batch), portsOf(batch));
	}
}

const bytesOfRequest = (request: RequestEnvelope['request']): number =>
	request.type === 'write' ? request.command.length : request.reads.length;

const bytesOfReply = ({reply}: ReplyMessage): number => (reply.type === 'outcomes' ? reply.outcomes.length : 0);

const channelKey = ({client, server, channel}: RequestEnvelope): string => `${client}/${server}/${channel}`;

function linkOf(client: number, server: number): readonly [Endpoint, Endpoint] {
	return [clientEndpoint(String(client)), nodeEndpoint(server)];
}
