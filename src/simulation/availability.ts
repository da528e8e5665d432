/**
 * Judges during the faults, not only after them, whether the cluster serves: a majority that nothing disturbs must commit
 * somebody's write within a bounded time, whatever has become of the others (dissertation §3.2, §6.2: a leader that can send and
 * not hear must step down).
 *
 * Undisturbed is a majority of nodes that for the whole time
 *
 * - are up, awake, at full speed, on a true clock and a whole disk, in one and the same life;
 * - hear each other, both ways, on links that no fault touches;
 *
 * while all others, whose links with them are whole or cut and nothing between,
 *
 * - are so as well, or are down, or wait for their disk; or are cut off from every node of the majority, both ways.
 *
 * A member that lacks what the others hold only in a snapshot may first take that in, for as long as its chunks need: nothing
 * can be committed with it before.
 *
 * What is excluded can keep a correct cluster busy for as long as it lasts: a leader on a link that loses a third, say, or a
 * node that wins an election after each of its crashes.
 */
import {nodeEndpoint, type Endpoint} from '../faults/endpoint.js';
import type {FaultPlan} from '../faults/fault-plan.js';
import type {Coverage} from './coverage.js';
import type {ClusterNode} from './cluster-node.js';
import type {SimulationParameters} from './parameters.js';
import type {Report} from './violation.js';

export interface AvailabilityOptions {
	readonly nodes: readonly ClusterNode[];
	readonly plan: FaultPlan;
	readonly parameters: SimulationParameters;
	readonly now: () => number;
	/** Commands that were committed so far. */
	readonly commands: () => number;
	/** A write of the judge's own, at this node, over a link that no fault touches. */
	readonly write: (node: ClusterNode) => void;
	readonly report: Report;
	readonly coverage: Coverage;
}

/** Within so many election timeouts something must be committed: split votes, the longest timeouts and a late write included. */
const timeoutsMax = 16;
/** What a chunk of a snapshot and its answer take at most, in times of the slowest way there and back: some are sent again. */
const tripsOfChunk = 2;
/** So long nobody may have asked for anything: then the judge does. */
const idleTimeouts = 2;

type Condition = 'fine' | 'down' | 'stalled' | 'disturbed';
/** Of two nodes, both ways: `sharp` means that each way is whole or cut. */
type Link = 'whole' | 'apart' | 'sharp' | 'murky';

/** Something that lasts, since when. */
class Lasting<State> {
	state: State;
	since: number;

	constructor(state: State, since: number) {
		this.state = state;
		this.since = since;
	}

	become(state: State, now: number): void {
		if (state === this.state) return;
		this.state = state;
		this.since = now;
	}
}

interface Quorum {
	readonly members: readonly number[];
	readonly others: readonly number[];
}

export class Availability {
	readonly #options: AvailabilityOptions;
	readonly #quorums: readonly Quorum[];
	readonly #conditions: readonly Lasting<Condition>[];
	/** Whether the node has to take in a snapshot before it can hold any new entry. */
	readonly #isBehind: readonly Lasting<boolean>[];
	readonly #lives: number[];
	/** By node. */
	readonly #endpoints: readonly Endpoint[];
	/** By the lower node, then by the higher. */
	readonly #links: readonly (readonly Lasting<Link>[])[];
	#commands = 0;
	#committedAt = 0;

	constructor(options: AvailabilityOptions) {
		this.#options = options;
		const {nodes} = options;
		this.#quorums = quorumsOf(nodes.length);
		this.#conditions = nodes.map(() => new Lasting<Condition>('disturbed', 0));
		this.#isBehind = nodes.map(() => new Lasting(false, 0));
		this.#lives = nodes.map(() => 0);
		this.#endpoints = nodes.map(({id}) => nodeEndpoint(id));
		this.#links = nodes.map(() => nodes.map(() => new Lasting<Link>('murky', 0)));
	}

	/** From one look to the next, ms. */
	get lookEveryMs(): number {
		return this.#timeoutMs / 2;
	}

	get #timeoutMs(): number {
		return this.#options.parameters.raft.electionTimeoutMs;
	}

	/** To be called after each fault and heal, start and death of a node: between them nothing changes. */
	changed(): void {
		const {nodes, now} = this.#options;
		for (const node of nodes) {
			const lasting = this.#conditions[node.id] as Lasting<Condition>;
			lasting.become(this.#conditionOf(node), now());
			if (lasting.state !== 'fine' || (this.#lives[node.id] === node.life && node.disturbedAt < lasting.since))
				continue;
			lasting.since = now();
			this.#lives[node.id] = node.life;
		}
		for (const [low, links] of this.#links.entries()) {
			for (let high = low + 1; high < nodes.length; high++) links[high]?.become(this.#linkOf(low, high), now());
		}
	}

	/** At times; the judge asks for a write where nobody else does, and complains where none is committed. */
	look(): void {
		this.changed();
		const {commands, now, nodes, write, report, coverage} = this.#options;
		if (commands() !== this.#commands) {
			this.#commands = commands();
			this.#committedAt = now();
		}
		this.#seeSnapshots();
		const idleMs = now() - this.#committedAt;
		if (idleMs > idleTimeouts * this.#timeoutMs) {
			for (const node of nodes) if (node.isUp && node.pausedUntil <= now()) write(node);
		}
		for (const quorum of this.#quorums) {
			const since = this.#undisturbedSince(quorum);
			const mostMs = this.#mostMs(quorum);
			if (now() - since <= mostMs) continue;
			coverage.count('majority undisturbed for long, judged');
			if (idleMs <= mostMs) return;
			const told = `nodes ${quorum.members.join(', ')} are undisturbed for ${Math.round(now() - since)} ms`;
			report('availability', `${told}, and nothing was committed for ${Math.round(idleMs)} ms: ${this.#story()}`);
			return;
		}
	}

	/** The times of all that has to go before: elections, and a leader's patience with its disk. */
	#mostMs({others}: Quorum): number {
		const isStalled = others.some(node => this.#conditions[node]?.state === 'stalled');
		return timeoutsMax * this.#timeoutMs + (isStalled ? this.#options.parameters.raft.diskStallMs : 0);
	}

	#seeSnapshots(): void {
		const {nodes, now} = this.#options;
		const newest = Math.max(...nodes.map(({status}) => status?.snapshotIndex ?? 0));
		for (const {id, status} of nodes) {
			this.#isBehind[id]?.become(status !== undefined && status.lastIndex < newest, now());
		}
	}

	/** Since when the node can take entries; `Infinity` while it takes in a snapshot and has had no time to. */
	#levelSince(node: number): number {
		const {nodes, now, parameters} = this.#options;
		const {state: isBehind, since} = this.#isBehind[node] as Lasting<boolean>;
		if (!isBehind) return since;
		const bytes = Math.max(...nodes.map(({snapshotBytes}) => snapshotBytes));
		const {minMs, spreadMs} = parameters.latency;
		const chunks = Math.ceil(bytes / parameters.raft.snapshotChunkBytes);
		const neededMs = chunks * tripsOfChunk * 2 * (minMs + spreadMs);
		return now() - since > neededMs ? since : Infinity;
	}

	#undisturbedSince({members, others}: Quorum): number {
		let since = 0;
		for (const [place, node] of members.entries()) {
			const condition = this.#conditions[node] as Lasting<Condition>;
			if (condition.state !== 'fine') return Infinity;
			since = Math.max(since, condition.since, this.#levelSince(node));
			for (const other of members.slice(place + 1)) {
				const link = this.#link(node, other);
				if (link.state !== 'whole') return Infinity;
				since = Math.max(since, link.since);
			}
		}
		for (const other of others) since = Math.max(since, this.#harmlessSince(other, members));
		return since;
	}

	#harmlessSince(node: number, members: readonly number[]): number {
		const links = members.map(member => this.#link(node, member));
		const since = Math.max(...links.map(({since: linkedSince}) => linkedSince));
		if (links.every(({state}) => state === 'apart')) return since;
		const condition = this.#conditions[node] as Lasting<Condition>;
		if (condition.state === 'disturbed' || links.some(({state}) => state === 'murky')) return Infinity;
		return Math.max(since, condition.since);
	}

	#link(one: number, other: number): Lasting<Link> {
		return this.#links[Math.min(one, other)]?.[Math.max(one, other)] as Lasting<Link>;
	}

	#conditionOf(node: ClusterNode): Condition {
		const {parameters, now} = this.#options;
		if (!node.isUp) return 'down';
		const {faults} = node.disk;
		const isDiskWhole =
			faults.failingSyncs === 'none' &&
			faults.failingWrites === 'none' &&
			faults.failingReads === 'none' &&
			faults.capacityBytes === Infinity &&
			faults.syncLatencyMs === parameters.diskSyncMs;
		const {chances} = node.watchedDisk;
		const isTrue = node.clock.isTrue(now()) && node.timerSkewMs === 0;
		const isBrisk = node.pausedUntil <= now() && node.slowness === 1 && node.doom === undefined;
		if (!isTrue || !isBrisk || !isDiskWhole || node.isDamaged || chances.write + chances.read > 0) return 'disturbed';
		return faults.areSyncsStalled ? 'stalled' : 'fine';
	}

	#linkOf(one: number, other: number): Link {
		const there = this.#wayOf(one, other);
		const back = this.#wayOf(other, one);
		if (there === 'murky' || back === 'murky') return 'murky';
		return there === back ? there : 'sharp';
	}

	#wayOf(from: number, to: number): 'whole' | 'apart' | 'murky' {
		const {plan} = this.#options;
		const source = this.#endpoints[from] as Endpoint;
		const target = this.#endpoints[to] as Endpoint;
		if (plan.isClean(source, target)) return 'whole';
		return plan.isCut(source, target) ? 'apart' : 'murky';
	}

	#story(): string {
		return this.#options.nodes
			.map(({id, status}) => `${id} ${status?.role ?? 'down'} ${status?.currentTerm ?? ''}`)
			.join(', ');
	}
}

/** All smallest majorities. */
function quorumsOf(nodeCount: number): readonly Quorum[] {
	const all = Array.from({length: nodeCount}, (_, node) => node);
	const size = Math.floor(nodeCount / 2) + 1;
	const quorums: Quorum[] = [];
	for (let bits = 0; bits < 2 ** nodeCount; bits++) {
		const members = all.filter(node => (bits & (1 << node)) > 0);
		if (members.length === size) quorums.push({members, others: all.filter(node => !members.includes(node))});
	}
	return quorums;
}
