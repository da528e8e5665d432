/** Keys and values as a state machine. */
import {unreachable} from '../base/errors.js';
import {hexOf, Lanes} from '../base/lanes.js';
import {isBytes, isCount, type Plain} from '../base/plain.js';
import type {
	AwaitedState,
	FrozenMachine,
	Machine,
	MachineReader,
	Place,
	StateMachine,
	TimedState,
} from '../service/machine.js';
import {isKey} from './key.js';
import {Changes} from './changes/changes.js';
import {defaultKvLimits, type KvLimits} from './limits.js';
import {fitting, growsWithState, growthFactorMax} from './memory-limit.js';
import {readLease} from './lease-operations.js';
import type {Execution} from './execution.js';
import {execute, readKey, readOf} from './operations.js';
import {scan} from './scan.js';
import {ScriptRunner} from './script/script-runner.js';
import {countsOf, Store, type FrozenStore} from './store.js';
import type {ReadOperation, Result, Script, Version, WriteOperation} from './types.js';
import {kvIdentity, type KvTypes} from './words.js';

/** What one key costs in a frame beside its bytes, at most. */
const keyOverheadBytes = 24;
/** What a lease costs in a frame, at most. */
const leaseFrameBytes = 24;

export class KvStateMachine implements StateMachine<KvTypes> {
	readonly growthFactorMax = growthFactorMax;
	readonly growsWithState = growsWithState;
	readonly timed: TimedState<KvTypes>;
	readonly awaited: AwaitedState<KvTypes>;
	readonly #store: Store;
	readonly #changes: Changes;
	readonly #valueBytesMax: number;
	/** Once there was a script. */
	#scripts: ScriptRunner | undefined;
	readonly #runScript = (execution: Execution, script: Script): Result => {
		this.#scripts ??= new ScriptRunner();
		return this.#scripts.run(execution, script);
	};

	/** `since`: the revision of the state; what came up to it is not known. `keptUntil`: see `Changes`. */
	constructor(store: Store, limits: KvLimits, since: Version, keptUntil = 0) {
		const {valueBytesMax, changesMax, changeBytesMax: bytesMax, changesKeptMs: keptMs} = limits;
		const changes = new Changes(since, {changesMax, bytesMax, keptMs}, keptUntil);
		store.rememberIn(changes);
		this.#store = store;
		this.#changes = changes;
		this.#valueBytesMax = valueBytesMax;
		this.awaited = {
			continued: (read, revision) => (read.type === 'changes' ? changes.continued(read, revision) : undefined),
		};
		this.timed = {
			advance: (wallTime, revision) => {
				store.advance(wallTime, revision);
				changes.advance(store.now);
			},
			nextDeadline: () => store.earliest,
			deadlineOf: operation => deadlineOf(store, operation),
			expiring: () => store.expiring,
		};
	}

	get itemCount(): number {
		return this.#store.size;
	}

	get byteLength(): number {
		return this.#store.bytes;
	}

	get copiedBytes(): number {
		return this.#store.copiedBytes;
	}

	apply(write: WriteOperation, {revision}: Place): Result {
		const store = this.#store;
		if (write.type === 'keepChanges') this.#changes.keep(store.now);
		return execute(
			{
				store,
				version: revision,
				now: store.now,
				valueBytesMax: this.#valueBytesMax,
				changes: this.#changes,
				runScript: this.#runScript,
			},
			write,
		);
	}

	read(operation: ReadOperation, revision: Version = 0): Result {
		switch (operation.type) {
			case 'get':
				return readOf(this.#store, operation);
			case 'scan':
				this.#changes.keysRead();
				return scan(this.#store, operation, revision);
			case 'count':
				return count(this.#store, operation, revision);
			case 'getLease':
				return readLease(this.#store.leases, operation);
			case 'changes':
				return this.#changes.read(operation, revision);
			default:
				return unreachable(operation);
		}
	}

	freeze(): FrozenMachine {
		const store = this.#store;
		const frozen = store.freeze();
		const {keptUntil} = this.#changes;
		return {
			itemCount: frozen.size + frozen.leases.length,
			frames: bytesMax => framesOf(frozen, keptUntil, bytesMax),
			release: () => store.thaw(),
		};
	}

	/** Keys count in any order. About 10 ms a megabyte. */
	hash(): string {
		let first = 0;
		let second = 0;
		for (const [key, {value, version, expiresAt, leaseId}] of this.#store) {
			const lanes = new Lanes(1);
			lanes.text(key);
			lanes.number(version);
			lanes.bytes(value);
			if (leaseId !== undefined) lanes.number(-leaseId);
			else if (expiresAt !== undefined) lanes.number(expiresAt);
			first = (first + lanes.first) | 0;
			second = (second + lanes.second) | 0;
		}
		for (const [id, ttlMs, expiresAt] of this.#store.leases.freeze()) {
			// What is over is gone, whether its keys are deleted yet or not.
			if (expiresAt === 0) continue;
			const lanes = new Lanes(3);
			lanes.number(id);
			lanes.number(ttlMs);
			lanes.number(expiresAt);
			first = (first + lanes.first) | 0;
			second = (second + lanes.second) | 0;
		}
		for (const [key, {from, changedAt}] of this.#store.watched()) {
			const lanes = new Lanes(2);
			lanes.text(key);
			lanes.number(from);
			lanes.number(changedAt);
			first = (first + lanes.first) | 0;
			second = (second + lanes.second) | 0;
		}
		const {keptUntil} = this.#changes;
		if (keptUntil > 0) {
			const lanes = new Lanes(4);
			lanes.number(keptUntil);
			first = (first + lanes.first) | 0;
			second = (second + lanes.second) | 0;
		}
		return hexOf(first) + hexOf(second);
	}

	fits(writes: readonly WriteOperation[], room: number): readonly boolean[] {
		return fitting(writes, {
			room,
			bytesOf: database => this.#store.bytesOf(database),
			read: key => readKey(this.#store, key),
			valueBytesMax: this.#valueBytesMax,
		});
	}
}

type Count = Extract<ReadOperation, {type: 'count'}>;

function count(store: Store, {database = 0}: Count, revision: Version): Result {
	if (database !== 'all') return {type: 'count', count: store.database(database)?.size ?? 0, revision};
	return {type: 'count', count: store.size, revision, databases: countsOf(store)};
}

/** When the answer changes by itself; of one that concerns many keys when it may, at the earliest. */
function deadlineOf(store: Store, operation: ReadOperation): number {
	if (operation.type === 'get') return store.get(operation.key)?.expiresAt ?? Infinity;
	if (operation.type === 'getLease') return store.leases.deadlineOf(operation.leaseId) || Infinity;
	// What has expired is told when the log says so.
	if (operation.type === 'changes') return Infinity;
	return store.earliest;
}

/**
 * [key, value, version, key, value, version, ...]. A key with a deadline is [key, value, -version, deadline]: the others take
 * not a byte more for it. Version 1 had no deadlines.
 *
 * Last come the keys that are watched, the one that was watched longest ago first, if there are any: [from, changedAt, key, from,
 * changedAt, key, ...]. Version 2 had none.
 *
 * Version 5 had keys of database 0 only.
 *
 * Leases come first, if there are any: [null, id, ttlMs, expiresAt, id, ttlMs, expiresAt, ...], with 0 for one that is over. A key of
 * a lease is [key, value, -version, -id]. Version 3 had no leases.
 *
 * Before all comes [true, until], if changes were kept up to that time. Version 5 kept them always, and none in a snapshot.
 */
function* framesOf(store: FrozenStore, keptUntil: number, bytesMax: number): Generator<Plain, void, undefined> {
	if (keptUntil > 0) yield [true, keptUntil];
	yield* leaseFramesOf(store, bytesMax);
	let frame: unknown[] = [];
	let bytes = 0;
	for (const [key, {value, version, expiresAt, leaseId}] of store) {
		if (leaseId !== undefined) frame.push(key, value, -version, -leaseId);
		else if (expiresAt === undefined) frame.push(key, value, version);
		else frame.push(key, value, -version, expiresAt);
		bytes += key.length + value.length + keyOverheadBytes;
		if (bytes < bytesMax) continue;
		yield frame;
		frame = [];
		bytes = 0;
	}
	if (frame.length > 0) yield frame;
	yield* watchedFramesOf(store, bytesMax);
}

function* watchedFramesOf({watched}: FrozenStore, bytesMax: number): Generator<Plain, void, undefined> {
	let frame: unknown[] = [];
	let bytes = 0;
	for (const [key, {from, changedAt}] of watched) {
		frame.push(from, changedAt, key);
		bytes += key.length + keyOverheadBytes;
		if (bytes < bytesMax) continue;
		yield frame;
		frame = [];
		bytes = 0;
	}
	if (frame.length > 0) yield frame;
}

function* leaseFramesOf({leases}: FrozenStore, bytesMax: number): Generator<Plain, void, undefined> {
	const countMax = Math.max(1, Math.floor(bytesMax / leaseFrameBytes));
	for (let first = 0; first < leases.length; first += countMax)
		yield [null, ...leases.slice(first, first + countMax).flat()];
}

class KvReader implements MachineReader<KvTypes> {
	readonly #store = new Store();
	readonly #limits: KvLimits;
	#keptUntil = 0;

	constructor(limits: KvLimits) {
		this.#limits = limits;
	}

	get itemCount(): number {
		return this.#store.heldCount + this.#store.leases.heldCount;
	}

	take(frame: Plain): boolean {
		if (frame[0] === true) return this.#takeKept(frame);
		if (frame[0] === null) return this.#takeLeases(frame);
		return typeof frame[0] === 'number' ? this.#takeWatched(frame) : this.#takeKeys(frame);
	}

	#takeKept([, keptUntil]: Plain): boolean {
		if (!isCount(keptUntil)) return false;
		this.#keptUntil = keptUntil;
		return true;
	}

	#takeLeases(frame: Plain): boolean {
		for (let offset = 1; offset < frame.length; offset += 3) {
			const [id, ttlMs, expiresAt] = frame.slice(offset, offset + 3);
			if (!isCount(id) || !isCount(ttlMs) || !isCount(expiresAt)) return false;
			if (!this.#store.leases.restore([id, ttlMs, expiresAt])) return false;
		}
		return true;
	}

	#takeWatched(frame: Plain): boolean {
		for (let offset = 0; offset < frame.length; offset += 3) {
			const from = frame[offset];
			const changedAt = frame[offset + 1];
			const key = frame[offset + 2];
			if (!isCount(from) || !isCount(changedAt) || !isKey(key)) return false;
			this.#store.restoreWatched(key, {from, changedAt});
		}
		return true;
	}

	#takeKeys(frame: Plain): boolean {
		for (let offset = 0; offset < frame.length; offset += 3) {
			const key = frame[offset];
			const value = frame[offset + 1];
			const version = frame[offset + 2];
			if (!isKey(key) || !isBytes(value) || !Number.isSafeInteger(version)) return false;
			const hasDeadline = (version as number) < 0;
			const until = hasDeadline ? frame[offset + 3] : 0;
			if (!Number.isSafeInteger(until) || (hasDeadline && until === 0)) return false;
			if ((until as number) < 0 && !this.#store.leases.isHeld(-(until as number))) return false;
			this.#store.set(key, value, Math.abs(version as number), until as number);
			if (hasDeadline) offset += 1;
		}
		return true;
	}

	/** A state of an unknown revision can tell of no change. */
	finish(revision: Version = Number.MAX_SAFE_INTEGER): KvStateMachine {
		return new KvStateMachine(this.#store, this.#limits, revision, this.#keptUntil);
	}
}

/** The key/value machine: the same limits on every replica. */
export function kvMachine(limits: Partial<KvLimits> = {}): Machine<KvTypes> {
	const all = {...defaultKvLimits, ...limits};
	return {
		...kvIdentity,
		version: 6,
		create: () => new KvStateMachine(new Store(), all, 0),
		beginRestore: version => (version <= 6 ? new KvReader(all) : undefined),
	};
}
