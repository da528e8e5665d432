/**
 * Records a cluster's life while it goes on: its events, marks and commands, the throughput ten times a second, and the state of
 * its nodes once a second. The record is bounded and plain; `cluster-record.ts` has its shape.
 *
 *     cluster ── events, counters, status ──▶ ┌─────────────────┐ ──▶ listeners, entry by entry
 *     load ───── answered ──────────────────▶ │ ClusterRecorder │ ──▶ record(): all that is kept
 *     console ── mark, command ─────────────▶ └─────────────────┘ ──▶ record-lines.ts: a file
 *
 *     const recorder = new ClusterRecorder(cluster);
 *     const end = recorder.onEntry(entry => send(entry));      // live
 *     recorder.mark('before the crash');
 *     const {head, entries} = recorder.record({lastMs: 60_000});
 *     recorder.close();
 *
 * It holds the newest 10,000 events, an hour of samples and of states. It looks at counters only, and asks each node for its
 * status once a second, so that the cluster under it is as fast as without it.
 */
import {performance} from 'node:perf_hooks';
import type {ClusterEvent} from '../cluster/cluster-event.js';
import type {NodeStatus} from '../cluster/node-state.js';
import type {RouterCounters} from '../network/router-counters.js';
import type {SettledCounters} from '../network/settled-counters.js';
import type {
	ClusterRecord,
	CommandEntry,
	EventEntry,
	MarkEntry,
	NodesEntry,
	RecordedError,
	RecordedEvent,
	RecordedNode,
	RecordEntry,
	SampleEntry,
} from './cluster-record.js';
import {Ring} from './ring.js';

/** What is recorded; a `Cluster` is one. */
export interface RecordedCluster {
	readonly nodeIds: readonly number[];
	/** Messages and bytes since the start. */
	readonly traffic: Readonly<RouterCounters>;
	/** Operations of its own clerks on this thread. */
	readonly operations: Readonly<Pick<SettledCounters, 'answered' | 'failed'>>;
	/** What each node is at. Never rejects. */
	status(): Promise<readonly NodeStatus[]>;
	/** Adds a listener to all events. */
	on(name: 'event', listener: (event: ClusterEvent) => void): unknown;
	/** Takes it off. */
	off(name: 'event', listener: (event: ClusterEvent) => void): unknown;
}

/** Clients on other threads did this since the last time that somebody told it. */
export interface ToldOperations extends Pick<SettledCounters, 'answered' | 'failed'> {
	readonly p50Ms: number;
	readonly p99Ms: number;
}

/** How the recorder is bounded, and where its time comes from. All of it can be left out. */
export interface RecorderOptions {
	/** Monotonic milliseconds. @default performance.now */
	readonly now?: () => number;
	/** When it begins, ms since 1970. @default now */
	readonly startedAt?: number;
	/** Calls back every so many ms until the function that it returns is called. @default setInterval, which holds up no exit */
	readonly every?: (ms: number, callback: () => void) => () => void;
	/** Events, marks and commands that are kept. @default 10000 */
	readonly eventsMax?: number;
	/** Samples that are kept. @default 36000, an hour */
	readonly samplesMax?: number;
	/** States of all nodes that are kept. @default 3600, an hour in which something changes each second */
	readonly statesMax?: number;
}

/** Of one sample, ms. */
const sampleMs = 100;
const statusMs = 1000;
/** How often the nodes are asked at a time. */
const attemptsMax = 5;
/** What a node has become; its status tells the same. */
const turns: ReadonlySet<ClusterEvent['type']> = new Set([
	'roleChanged',
	'leadershipLost',
	'nodeUp',
	'nodeDown',
	'nodeDamaged',
	'nodeRestarting',
] as const);

/** Records a cluster from the moment it is made. Close it when you no longer need it. */
export class ClusterRecorder {
	readonly #cluster: RecordedCluster;
	readonly #now: () => number;
	readonly #beganAt: number;
	readonly #startedAt: number;
	readonly #events: Ring<EventEntry | MarkEntry | CommandEntry>;
	readonly #samples: Ring<SampleEntry>;
	readonly #states: Ring<NodesEntry>;
	readonly #listeners = new Set<(entry: RecordEntry) => void>();
	readonly #stops: readonly (() => void)[];
	#told: ToldOperations | undefined;
	#seen: RouterCounters & Pick<SettledCounters, 'answered' | 'failed'>;
	#sampledAtMs = 0;
	/** Events so far that told what a node has become. */
	#turns = 0;
	#isAsking = false;
	#isClosed = false;

	/** Begins at once. */
	constructor(cluster: RecordedCluster, options: RecorderOptions = {}) {
		const {now = () => performance.now(), startedAt = Date.now(), every = interval} = options;
		this.#cluster = cluster;
		this.#now = now;
		this.#beganAt = now();
		this.#startedAt = startedAt;
		this.#events = new Ring(options.eventsMax ?? 10_000);
		this.#samples = new Ring(options.samplesMax ?? 36_000);
		this.#states = new Ring(options.statesMax ?? 3600);
		this.#seen = this.#count();
		const heard = (event: ClusterEvent): void => {
			if (turns.has(event.type)) this.#turns++;
			this.#keep(this.#events, {type: 'event', atMs: this.nowMs, event: plainEvent(event)});
		};
		cluster.on('event', heard);
		this.#stops = [
			() => cluster.off('event', heard),
			every(sampleMs, () => this.#sample()),
			every(statusMs, () => void this.#look()),
		];
		void this.#look();
	}

	/** Milliseconds since the recording began. */
	get nowMs(): number {
		return Math.round((this.#now() - this.#beganAt) * 10) / 10;
	}

	/** Begins a part of the session that has a name. */
	mark(name: string): MarkEntry {
		const entry = {type: 'mark', atMs: this.nowMs, name} as const;
		this.#keep(this.#events, entry);
		return entry;
	}

	/** A person, or a script, asked for this. */
	command(line: string): void {
		this.#keep(this.#events, {type: 'command', atMs: this.nowMs, line});
	}

	/** Counts what clients on other threads did; the next sample has it. */
	tell(told: ToldOperations): void {
		const {answered, failed} = this.#told ?? {answered: 0, failed: 0};
		this.#told = {...told, answered: answered + told.answered, failed: failed + told.failed};
	}

	/** From now on `listener` is told each entry. Answers with what ends it. */
	onEntry(listener: (entry: RecordEntry) => void): () => void {
		const own = (entry: RecordEntry): void => listener(entry);
		this.#listeners.add(own);
		return () => void this.#listeners.delete(own);
	}

	/** All that is kept, or what is not older than `lastMs`. The state of the nodes before it comes along, for who draws it. */
	record({lastMs = Infinity}: {readonly lastMs?: number} = {}): ClusterRecord {
		const lengthMs = this.nowMs;
		const fromMs = lengthMs - lastMs;
		const states = [...this.#states];
		const before = states.findLast(({atMs}) => atMs < fromMs);
		const entries: RecordEntry[] = [...this.#events, ...this.#samples, ...states].filter(
			entry => entry.atMs >= fromMs || entry === before,
		);
		return {
			head: {
				format: 'threadraft-record',
				version: 1,
				startedAt: new Date(this.#startedAt).toISOString(),
				nodes: this.#cluster.nodeIds.length,
				lengthMs,
				dropped: {events: this.#events.dropped, samples: this.#samples.dropped, nodes: this.#states.dropped},
			},
			entries: entries.sort((one, other) => one.atMs - other.atMs),
		};
	}

	/** Records nothing more, and keeps what it has recorded. Idempotent. */
	close(): void {
		if (this.#isClosed) return;
		this.#isClosed = true;
		for (const stop of this.#stops) stop();
		this.#listeners.clear();
	}

	#sample(): void {
		const atMs = this.nowMs;
		const now = this.#count();
		const seen = this.#seen;
		const told = this.#told;
		const sample: SampleEntry = {
			type: 'sample',
			atMs,
			lengthMs: Math.round((atMs - this.#sampledAtMs) * 10) / 10,
			answered: now.answered - seen.answered + (told?.answered ?? 0),
			failed: now.failed - seen.failed + (told?.failed ?? 0),
			...(told === undefined ? {} : {p50Ms: told.p50Ms, p99Ms: told.p99Ms}),
			requests: now.requests - seen.requests,
			bytes: now.bytes - seen.bytes,
			lost: now.lost - seen.lost,
		};
		this.#seen = now;
		this.#told = undefined;
		this.#sampledAtMs = atMs;
		const {last} = this.#samples;
		const isQuiet = last !== undefined && isIdle(last) && isIdle(sample);
		// An hour in which nothing happens is one sample.
		if (isQuiet) this.#samples.replaceLast({...sample, lengthMs: last.lengthMs + sample.lengthMs});
		else this.#samples.push(sample);
		this.#tell(sample);
	}

	async #look(): Promise<void> {
		// A node that does not answer is waited for: then this takes longer than a second.
		if (this.#isAsking) return;
		this.#isAsking = true;
		const nodes = await this.#nodes();
		this.#isAsking = false;
		if (this.#isClosed || nodes === undefined || JSON.stringify(this.#states.last?.nodes) === JSON.stringify(nodes))
			return;
		this.#keep(this.#states, {type: 'nodes', atMs: this.nowMs, nodes});
	}

	/**
	 * An answer that an event has overtaken may be older than the event, and to keep it would take the event back: they are asked
	 * again. `undefined`: each time something happened meanwhile.
	 */
	async #nodes(): Promise<readonly RecordedNode[] | undefined> {
		for (let attempt = 0; attempt < attemptsMax; attempt++) {
			const turnsBefore = this.#turns;
			const nodes = (await this.#cluster.status()).map(plainNode);
			if (this.#turns === turnsBefore) return nodes;
		}
		return undefined;
	}

	#count(): RouterCounters & Pick<SettledCounters, 'answered' | 'failed'> {
		return {...this.#cluster.traffic, ...this.#cluster.operations};
	}

	#keep<Entry extends RecordEntry>(ring: Ring<Entry>, entry: Entry): void {
		ring.push(entry);
		this.#tell(entry);
	}

	#tell(entry: RecordEntry): void {
		for (const listener of this.#listeners) listener(entry);
	}
}

const isIdle = ({answered, failed, requests}: SampleEntry): boolean => answered + failed + requests === 0;

function interval(ms: number, callback: () => void): () => void {
	const timer = setInterval(callback, ms).unref();
	return () => clearInterval(timer);
}

/** The same without what is no plain data. */
function plainEvent(event: ClusterEvent): RecordedEvent {
	if (event.type === 'threadEnded') {
		const {error, ...rest} = event;
		return error === undefined ? rest : {...rest, error: plainError(error)};
	}
	return 'error' in event ? {...event, error: plainError(event.error)} : event;
}

function plainError({name, message, ...rest}: Error & {readonly code?: unknown}): RecordedError {
	return {name, message, ...(typeof rest.code === 'string' ? {code: rest.code} : {})};
}

export function plainNode({id, state, replica}: NodeStatus): RecordedNode {
	if (replica === undefined) return {id, state};
	const {role, currentTerm: term, commitIndex, lastApplied, lastIndex, snapshotIndex, newestTerms: terms} = replica;
	return {id, state, role, term, commitIndex, lastApplied, lastIndex, snapshotIndex, terms};
}
