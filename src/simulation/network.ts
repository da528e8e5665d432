/** The cluster's network on virtual time: what the fault plan decides, on top of a latency that every message has. */
import {clientEndpoint, nodeEndpoint, type Endpoint} from '../faults/endpoint.js';
import {FaultPlan} from '../faults/fault-plan.js';
import type {MessageKind} from '../faults/lab-network.js';
import type {Random} from '../base/random.js';
import type {InstallSnapshot, RaftMessage} from '../raft/types.js';
import type {Schedule, SimulationEvent} from './events.js';

/** How long messages take, in virtual ms. */
export interface Latency {
	readonly minMs: number;
	/** On top, drawn evenly for each message. */
	readonly spreadMs: number;
	/** Messages of one link keep their order, as on a connection; a fault can still break it. */
	readonly isOrdered: boolean;
}

/** Messages come again, long after: what a term that is over has said is heard in a later one. */
export interface Echo {
	readonly chance: number;
	readonly meanMs: number;
	/** Requests of clients come again as well, not only what nodes send each other. */
	readonly isOfClients: boolean;
}

export class SimulatedNetwork {
	readonly plan = new FaultPlan();
	readonly #echo: Echo;
	readonly #echoUntilMs: number;
	readonly #endpoints: readonly Endpoint[];
	readonly #nodeCount: number;
	readonly #latency: Latency;
	readonly #random: Random;
	readonly #schedule: Schedule;
	readonly #now: () => number;
	/** By link: when its last message arrives. */
	readonly #lastArrivals: Float64Array;

	constructor(options: {
		readonly nodeCount: number;
		readonly clientCount: number;
		readonly latency: Latency;
		/** @default none */
		readonly echo?: Echo;
		/** No echo comes later. */
		readonly echoUntilMs?: number;
		readonly random: Random;
		readonly now: () => number;
		readonly schedule: Schedule;
	}) {
		const {nodeCount, clientCount} = options;
		this.#nodeCount = nodeCount;
		this.#latency = options.latency;
		this.#echo = options.echo ?? {chance: 0, meanMs: 0, isOfClients: false};
		this.#echoUntilMs = options.echoUntilMs ?? 0;
		this.#random = options.random;
		this.#now = options.now;
		this.#schedule = options.schedule;
		this.#endpoints = [
			...Array.from({length: nodeCount}, (_, node) => nodeEndpoint(node)),
			...Array.from({length: clientCount}, (_, client) => clientEndpoint(`c${client}`)),
		];
		this.#lastArrivals = new Float64Array(this.#endpoints.length ** 2);
	}

	/** A client's place among the endpoints. */
	clientPlace(client: number): number {
		return this.#nodeCount + client;
	}

	/** Endpoints by place: nodes first, then clients. Gives the number of arrivals. */
	send(from: number, to: number, kind: MessageKind, bytes: number, event: SimulationEvent): number {
		const source = this.#endpoints[from] as Endpoint;
		const target = this.#endpoints[to] as Endpoint;
		if (to < this.#nodeCount && (from < this.#nodeCount || this.#echo.isOfClients)) this.#sendEcho(event);
		if (this.plan.isClean(source, target)) {
			this.#schedule(this.#arrival(from, to), event);
			return 1;
		}
		const deliveries = this.plan.decide(source, target, kind, this.#random, this.#now(), bytes);
		for (const {afterMs} of deliveries) {
			// Only what no fault delays keeps its place.
			if (afterMs === 0) this.#schedule(this.#arrival(from, to), event);
			else this.#schedule(afterMs + this.#draw(), event);
		}
		return deliveries.length;
	}

	/** Whatever becomes of the message itself: a cut link may have let a copy of it pass before. */
	#sendEcho(event: SimulationEvent): void {
		const {chance, meanMs} = this.#echo;
		if (chance === 0 || !this.#random.chance(chance)) return;
		const delayMs = this.#draw() + this.#random.exponential(meanMs);
		if (this.#now() + delayMs < this.#echoUntilMs) this.#schedule(delayMs, event);
	}

	#draw(): number {
		return this.#latency.minMs + this.#random.float() * this.#latency.spreadMs;
	}

	#arrival(from: number, to: number): number {
		const delay = this.#draw();
		if (!this.#latency.isOrdered) return delay;
		const link = from * this.#endpoints.length + to;
		const now = this.#now();
		const at = Math.max(now + delay, this.#lastArrivals[link] ?? 0);
		this.#lastArrivals[link] = at;
		return at - now;
	}
}

/** What goes to another thread is cloned; only of this message is the identity of a part ever looked at. */
export function isolated(message: RaftMessage): RaftMessage {
	if (message.type !== 'installSnapshot') return message;
	const {type, term, snapshot, offset, data, done, readToken} = message;
	const {lastIncludedIndex, lastIncludedTerm, configuration} = snapshot;
	const copy = {lastIncludedIndex, lastIncludedTerm, configuration};
	return {type, term, snapshot: copy, offset, data, done, readToken} satisfies InstallSnapshot;
}
