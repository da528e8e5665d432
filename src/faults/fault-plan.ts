/**
 * All that is wrong with the network at present: named faults, each set and cleared on its own.
 *
 * The router and the simulator ask `decide` what becomes of each message. Chance and time come in with the question, so
 * the same plan, seed and messages give the same answers.
 */
import {checkLabMode, checkNetworkFault} from './check-fault.js';
import {nodeEndpoint, type Endpoint, type EndpointSet} from './endpoint.js';
import type {Distribution} from './distribution.js';
import {FaultError} from './fault-error.js';
import {lossNoticeMs, type LabMode, type MessageKind} from './lab-network.js';
import {fateUnder, type LinkQueue, type MessageInFlight} from './message-fate.js';
import {describeNetworkFault, isConnectivityFault, isCutBy, isTouchedBy, type NetworkFault} from './network-fault.js';
import type {Random} from '../base/random.js';

/** One arrival of a message. */
export interface Delivery {
	/** Milliseconds from now; 0: at once. */
	readonly afterMs: number;
}

/** A plan as plain data, in the order in which the faults were set. */
export interface FaultPlanData {
	readonly faults: readonly {readonly id: string; readonly fault: NetworkFault}[];
}

/** What a plan checks its faults by. */
export interface FaultPlanOptions {
	/** Nodes of the cluster: a fault that names another is refused. Without it any node may be named. */
	readonly nodeCount?: number;
}

export type {LabMode} from './lab-network.js';

/** A number means a node; a client is named in full. */
export type Party = number | Endpoint;

interface LinkFault {
	readonly fault: NetworkFault;
	readonly queue: LinkQueue;
}

/** What the plan means for one directed link, worked out once per change of the plan. */
interface LinkConditions {
	readonly isCut: boolean;
	readonly faults: readonly LinkFault[];
}

const AT_ONCE: readonly Delivery[] = [{afterMs: 0}];
const NOWHERE: readonly Delivery[] = [];

/**
 * What is wrong with the network. Changes take effect at once, and all methods that set a fault throw a `FaultError` for
 * one that cannot be.
 */
export class FaultPlan {
	readonly #faults = new Map<string, NetworkFault>();
	/** Emptied by every change, so an entry is always of the present plan. */
	readonly #conditions = new Map<Endpoint, Map<Endpoint, LinkConditions>>();
	/** By fault and link. Apart from the conditions, so that a change elsewhere does not empty a queue. */
	readonly #queues = new Map<string, LinkQueue>();
	#isEmpty = true;
	readonly #listeners = new Set<() => void>();
	readonly #nodeCount: number | undefined;

	/** Throws a `FaultError`, as all methods do that set a fault. */
	constructor(data: FaultPlanData = {faults: []}, {nodeCount}: FaultPlanOptions = {}) {
		this.#nodeCount = nodeCount;
		if (!Array.isArray(data.faults)) throw new FaultError('faults', 'a list of faults', data.faults);
		for (const {id, fault} of data.faults) this.set(id, fault);
	}

	/** Sets a fault under a name; one of the same name is replaced. Throws a `FaultError`, and then changes nothing. */
	set(id: string, fault: NetworkFault): void {
		checkNetworkFault(fault, this.#nodeCount);
		this.#faults.set(id, fault);
		this.#changed([id]);
	}

	/** Takes a fault away. Answers whether there was one. */
	clear(id: string): boolean {
		return this.#clearAll([id]);
	}

	/** Everyone hears everyone again: partitions, isolations, cuts and flapping are over; loss, delays and modes stay. */
	heal(): void {
		this.#clearAll([...this.#faults].filter(([, fault]) => isConnectivityFault(fault)).map(([id]) => id));
	}

	/** No fault is left. */
	reset(): void {
		this.#clearAll([...this.#faults.keys()]);
	}

	/** Replaces an earlier partition. See the type of the fault about nodes that are named twice or not at all. */
	partition(groups: readonly (readonly Party[])[], options: {readonly oneWay?: boolean} = {}): void {
		// What else was given goes along, for `set` to refuse: a misspelt option is no fault, it is a mistake.
		const {oneWay = false, ...rest} = options;
		this.set('partition', {type: 'partition', groups: groupsOf(groups), oneWay, ...rest});
	}

	/** @default direction 'both', clients false */
	isolate(
		party: Party,
		options: {readonly direction?: 'both' | 'inbound' | 'outbound'; readonly clients?: boolean} = {},
	): void {
		const endpoint = endpointOf(party);
		const {direction = 'both', clients = false, ...rest} = options;
		this.set(`isolate ${endpoint}`, {type: 'isolate', endpoint, direction, clients, ...rest});
	}

	/** One way only: what `from` sends to `to` is lost. */
	cut(from: Party, to: Party): void {
		const links = {from: endpointOf(from), to: endpointOf(to)};
		this.set(`cut ${links.from} ${links.to}`, {type: 'cut', links});
	}

	/** One of the lab's modes, on all links, clients' included. */
	setMode(mode: LabMode, on: boolean): void {
		checkLabMode(mode);
		if (on) this.set(mode, {type: mode});
		else this.clear(mode);
	}

	/** Loses this part of the messages between nodes, and with `everyone` of clients' too; 0 takes the fault away. */
	setLoss(probability: number, among: EndpointSet = 'nodes'): void {
		if (probability === 0) this.clear('loss');
		else this.set('loss', {type: 'loss', links: {from: among, to: among}, probability});
	}

	/** Delays all messages between nodes, and with `everyone` clients' too; `undefined` takes the fault away. */
	setDelay(delay: Distribution | undefined, among: EndpointSet = 'nodes'): void {
		if (delay === undefined) this.clear('delay');
		else this.set('delay', {type: 'delay', links: {from: among, to: among}, delay});
	}

	/**
	 * Calls `listener` after each call that changed the plan, before that call returns: once for `heal` and `reset`, however
	 * many faults they take away. The function that it returns ends this.
	 */
	onChange(listener: () => void): () => void {
		// Its own object for each call: the same function may listen twice, and each ends for itself.
		const entry = (): void => listener();
		this.#listeners.add(entry);
		return () => void this.#listeners.delete(entry);
	}

	/** Whether a message on this link arrives at once and once, for sure. One look-up while no fault is set. */
	isClean(from: Endpoint, to: Endpoint): boolean {
		return this.#isEmpty || this.#conditionsOf(from, to).faults.length === 0;
	}

	/** Whether all that is sent on this link is lost (a flapping link is not cut). */
	isCut(from: Endpoint, to: Endpoint): boolean {
		return !this.#isEmpty && this.#conditionsOf(from, to).isCut;
	}

	/**
	 * What becomes of one message: no delivery (lost), one, or several (duplicated), in no particular order.
	 * `nowMs` never goes back, and is on the clock that a `clog` and a schedule mean: milliseconds from the start.
	 * `bytes` counts on throttled links only.
	 */
	decide(
		from: Endpoint,
		to: Endpoint,
		kind: MessageKind,
		random: Random,
		nowMs: number,
		bytes = 0,
	): readonly Delivery[] {
		if (this.isClean(from, to)) return AT_ONCE;
		const conditions = this.#conditionsOf(from, to);
		if (conditions.isCut) return NOWHERE;
		return deliveriesUnder(conditions.faults, {kind, nowMs, bytes}, random);
	}

	/** How late a caller of the lab learns that a request did not get through: 0 to 99 ms, 6999 with `longDelays`. */
	lossNoticeMs(random: Random): number {
		return lossNoticeMs(this.#faults.has('longDelays'), random);
	}

	/** One line for each fault, in the order in which they were set. */
	describe(): readonly string[] {
		return Array.from(this.#faults.values(), describeNetworkFault);
	}

	/** The plan as plain data, which the constructor takes. */
	toJSON(): FaultPlanData {
		return {faults: Array.from(this.#faults, ([id, fault]) => ({id, fault}))};
	}

	/** Answers whether there was one of them. */
	#clearAll(ids: readonly string[]): boolean {
		const cleared = ids.filter(id => this.#faults.delete(id));
		if (cleared.length > 0) this.#changed(cleared);
		return cleared.length > 0;
	}

	#changed(ids: readonly string[]): void {
		this.#isEmpty = this.#faults.size === 0;
		this.#conditions.clear();
		for (const key of this.#queues.keys()) {
			if (ids.some(id => key.startsWith(`${id}\n`))) this.#queues.delete(key);
		}
		for (const listener of this.#listeners) listener();
	}

	#conditionsOf(from: Endpoint, to: Endpoint): LinkConditions {
		let targets = this.#conditions.get(from);
		if (targets === undefined) this.#conditions.set(from, (targets = new Map<Endpoint, LinkConditions>()));
		let conditions = targets.get(to);
		if (conditions === undefined) targets.set(to, (conditions = this.#workOut(from, to)));
		return conditions;
	}

	#workOut(from: Endpoint, to: Endpoint): LinkConditions {
		const active = [...this.#faults].filter(([, fault]) => isTouchedBy(fault, from, to));
		return {
			isCut: active.some(([, fault]) => isCutBy(fault, from, to)),
			faults: active.map(([id, fault]) => ({fault, queue: this.#queueOf(`${id}\n${from}\n${to}`)})),
		};
	}

	#queueOf(key: string): LinkQueue {
		let queue = this.#queues.get(key);
		if (queue === undefined) this.#queues.set(key, (queue = {busyUntilMs: 0}));
		return queue;
	}
}

/** Each fault meets each copy that the faults before it let through. */
function deliveriesUnder(faults: readonly LinkFault[], message: MessageInFlight, random: Random): readonly Delivery[] {
	let arrivals: readonly number[] = [0];
	for (const {fault, queue} of faults) {
		const next: number[] = [];
		for (const afterMs of arrivals) {
			const fate = fateUnder(fault, message, queue, random);
			if (fate.type === 'lost') continue;
			next.push(afterMs + fate.delayMs);
			if (fate.copyDelayMs !== undefined) next.push(afterMs + fate.delayMs + fate.copyDelayMs);
		}
		arrivals = next;
	}
	return arrivals.map(afterMs => ({afterMs}));
}

/** A number that no node has becomes a name that no node has, which `set` refuses. */
const endpointOf = (party: Party): Endpoint => (typeof party === 'number' ? nodeEndpoint(party) : party);

/** What is no list of lists stays as it is, for `set` to refuse. */
function groupsOf(groups: readonly (readonly Party[])[]): readonly (readonly Endpoint[])[] {
	if (!Array.isArray(groups) || !groups.every(group => Array.isArray(group))) return groups as readonly never[];
	return groups.map(group => group.map(endpointOf));
}
