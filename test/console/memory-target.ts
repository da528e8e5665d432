import {chaosKinds, type ChaosOptions, type ChaosReport} from '../../actors/chaos/chaos.js';
import {drawChaos} from '../../src/faults/chaos-schedule.js';
import {wordsOfFault} from '../../src/faults/fault-text.js';
import {describeFault, type Fault, nameOfFault} from '../../src/faults/faults.js';
import type {LogOptions, NodeLog, SnapshotReport} from '../../actors/cluster/node-log.js';
import type {KvTypes} from '../../src/kv/words.js';
import type {InjectedFault, NamedFault} from '../../actors/cluster/faults/named-fault.js';
import {faultLine} from '../../actors/console/fault-line.js';
import type {ClusterRecord, MessageSighting, SightingOptions} from '../../actors/index.js';
import type {LoadFigures, LoadStatistics} from '../../actors/load/load-statistics.js';
import type {LoadOptions} from '../../actors/load/load-task.js';
import type {SessionReport, StoppedLoad} from '../../actors/load/recorded-session.js';
import type {CompareAndSetResult, ConsoleTarget, Health, NodeStatus} from '../../actors/console/console-target.js';

const keyOf = (key: Uint8Array): string => Buffer.from(key).toString('latin1');

const figures: LoadFigures = {
	operations: 1200,
	seconds: 2,
	p50Ms: 1.25,
	p99Ms: 20,
	longestPauseMs: 400.4,
	unknown: 0,
	notExecuted: 0,
};

/** Of a session in which all is well. */
export const soundReport: SessionReport = {
	verdict: 'ok',
	violation: undefined,
	operations: 1200,
	unknown: 0,
	ownOperations: 0,
	undecided: 0,
	file: undefined,
	fileError: undefined,
	dropped: 0,
	mark: undefined,
	blindness: undefined,
};

/** A target of three nodes that keeps values in a map and writes down what else it was told. Node 1 leads at first. */
export class MemoryTarget implements ConsoleTarget {
	readonly nodeCount = 3;
	/** Everything but reads and writes, in order. */
	readonly calls: string[] = [];
	readonly #values = new Map<string, Uint8Array>();
	readonly #down = new Set<number>();
	leader: number | undefined = 1;
	/** What `waitForLeader` waits for; never settles at first. */
	election: Promise<number> = new Promise(() => {});
	closeCount = 0;
	/** The faults that are set. */
	set: readonly InjectedFault[] = [];
	/** What `stopLoad` and `check` have to tell. */
	figures: Partial<LoadFigures> = {};
	report: Partial<SessionReport> = {};
	/** What `record` gives. */
	recorded: ClusterRecord = {
		head: {
			format: 'threadraft-record',
			version: 1,
			startedAt: '2026-11-28T20:00:00.000Z',
			nodes: 3,
			lengthMs: 0,
			dropped: {events: 0, samples: 0, nodes: 0},
		},
		entries: [],
	};
	/** Shows a message to who traces. */
	tap: ((sighting: MessageSighting) => void) | undefined;
	/** Why `put` fails, where it is to. */
	putError: Error | undefined;

	async status(): Promise<readonly NodeStatus[]> {
		return [0, 1, 2].map(node => {
			if (this.#down.has(node)) return {type: 'down', node};
			return {
				type: 'up',
				node,
				role: node === this.leader ? 'leader' : 'follower',
				currentTerm: 4,
				commitIndex: 120,
				lastApplied: 119,
				logBytes: 2048,
				snapshotIndex: 100,
				hasFault: this.set.some(({fault}) => 'node' in fault && fault.node === node),
			};
		});
	}

	async health(): Promise<Health> {
		const up = 3 - this.#down.size;
		const reasons = [...this.#down].map(node => `node ${node} is down`);
		return {state: up === 3 ? 'serving' : up === 2 ? 'degraded' : 'down', leader: this.leader, nodes: 3, up, reasons};
	}

	/** What `log` gives. */
	logged: NodeLog<KvTypes> = {snapshotIndex: 0, lastIndex: 0, commitIndex: 0, lastApplied: 0, entries: []};

	async log(node: number, range: LogOptions): Promise<NodeLog<KvTypes>> {
		this.calls.push(`log ${node} ${JSON.stringify(range)}`);
		return this.logged;
	}

	async takeSnapshot(node: number): Promise<SnapshotReport> {
		this.calls.push(`snapshot ${node}`);
		return {index: 119, bytes: 4096};
	}

	async put(key: Uint8Array, value: Uint8Array): Promise<void> {
		if (this.putError !== undefined) throw this.putError;
		this.#values.set(keyOf(key), value);
	}

	async append(key: Uint8Array, value: Uint8Array): Promise<void> {
		const previous = this.#values.get(keyOf(key)) ?? new Uint8Array();
		this.#values.set(keyOf(key), Buffer.concat([previous, value]));
	}

	async get(key: Uint8Array): Promise<Uint8Array | undefined> {
		return this.#values.get(keyOf(key));
	}

	async delete(key: Uint8Array): Promise<boolean> {
		return this.#values.delete(keyOf(key));
	}

	async compareAndSet(
		key: Uint8Array,
		expected: Uint8Array | undefined,
		value: Uint8Array,
	): Promise<CompareAndSetResult> {
		const present = this.#values.get(keyOf(key));
		const isAsExpected =
			present === undefined || expected === undefined ? present === expected : Buffer.from(present).equals(expected);
		if (!isAsExpected) return {type: 'conditionFailed', value: present};
		this.#values.set(keyOf(key), value);
		return {type: 'written'};
	}

	async keys(prefix: Uint8Array, max: number): Promise<readonly Uint8Array[]> {
		const names = [...this.#values.keys()].filter(name => name.startsWith(keyOf(prefix))).sort();
		return names.slice(0, max).map(name => new Uint8Array(Buffer.from(name, 'latin1')));
	}

	async waitForLeader(): Promise<number> {
		return this.leader ?? this.election;
	}

	async transferLeadership(to: number | undefined): Promise<{readonly from: number; readonly to: number}> {
		this.calls.push(`transfer ${to ?? 'to any'}`);
		const from = this.leader ?? 0;
		const successor = to ?? (from + 1) % this.nodeCount;
		this.leader = successor;
		return {from, to: successor};
	}

	async kill(node: number): Promise<void> {
		this.calls.push(`kill ${node}`);
		this.#down.add(node);
	}

	async restart(node: number): Promise<void> {
		this.calls.push(`restart ${node}`);
		this.#down.delete(node);
	}

	async inject(fault: Fault, _signal?: AbortSignal, name = nameOfFault(fault)): Promise<string> {
		this.calls.push(`inject ${wordsOfFault(fault).join(' ')}`);
		const text = describeFault(fault);
		this.set = [...this.set.filter(each => each.name !== name), {name, fault, text, leftMs: undefined}];
		return text;
	}

	/** Draws, and breaks nothing. */
	async chaos({durationMs, seed = 0, drawn, told, signal}: ChaosOptions): Promise<ChaosReport> {
		this.calls.push(`chaos ${durationMs} ${seed}`);
		const schedule = drawChaos({nodeCount: this.nodeCount, durationMs, kinds: chaosKinds}, seed);
		drawn?.(schedule);
		for (const event of schedule.events) told?.(event);
		return {schedule, events: schedule.events, failures: [], isCancelled: signal?.aborted ?? false};
	}

	async heal(isMeant: (fault: NamedFault) => boolean): Promise<readonly string[]> {
		const healed = this.set.filter(isMeant);
		this.set = this.set.filter(each => !healed.includes(each));
		return healed.map(({text}) => text);
	}

	async faults(): Promise<readonly string[]> {
		return this.set.map(faultLine);
	}

	async startLoad(options: LoadOptions): Promise<void> {
		this.calls.push(`load ${JSON.stringify(options)}`);
	}

	isLoadRunning = false;
	loadStatistics: LoadStatistics | undefined;

	async check(): Promise<SessionReport> {
		return {...soundReport, ...this.report};
	}

	async mark(name: string): Promise<void> {
		this.calls.push(`mark ${name}`);
	}

	/** Lines that may change something. */
	readonly lines: string[] = [];

	typed(line: string): void {
		this.lines.push(line);
	}

	record(lastMs: number): ClusterRecord {
		this.calls.push(`record ${lastMs}`);
		return this.recorded;
	}

	onMessage(listener: (sighting: MessageSighting) => void, options: SightingOptions): () => void {
		this.calls.push(`trace ${JSON.stringify(options)}`);
		this.tap = listener;
		return () => void this.calls.push('trace ended');
	}

	async backup(file: string): Promise<string> {
		return `${file} is written`;
	}

	async stopLoad(file: string | undefined): Promise<StoppedLoad> {
		return {figures: {...figures, ...this.figures}, report: {...soundReport, file, ...this.report}};
	}

	async close(): Promise<void> {
		this.closeCount++;
	}
}
