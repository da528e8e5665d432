/**
 * Judges the service: keeps a golden replica, which applies what is committed, never restarts and never sees a
 * snapshot, and compares with it what the replicas hold and what clients are told.
 */
import {decodeCommand} from '../kv/command-codec.js';
import {KvStateMachine, type StateMachineLimits} from '../kv/state-machine.js';
import type {Codec, Key, Operation, Outcome, Result, Value, Version, WriteOperation} from '../kv/types.js';
import type {LogEntry, LogIndex} from '../raft/types.js';
import {isSameBytes} from './log-judge.js';
import type {Report} from './violation.js';

/** A change of one key. */
interface Change {
	readonly revision: Version;
	/** `undefined`: the key is absent from here on. */
	readonly value: Value | undefined;
}

/** What the log says of one revision. */
interface Executed {
	readonly operation: WriteOperation;
	readonly result: Result;
	/** Which client operation was told that it is this one. */
	claimedBy: number | undefined;
}

/** An operation of a client, on its way. */
export interface ClientOperation {
	readonly id: number;
	readonly operation: Operation;
	/** The highest revision of which anybody had been told when this was invoked: its answer cannot be older. */
	readonly floor: Version;
}

/** A replica's state is hashed when its index is a multiple of this. */
const hashEvery = 64;

export class ServiceJudge {
	readonly #codec: Codec;
	readonly #report: Report;
	readonly #golden: KvStateMachine;
	readonly #changes = new Map<Key, Change[]>();
	/** By revision. */
	readonly #executed = new Map<Version, Executed>();
	/** Values that name their write, and where it was run. */
	readonly #tokens = new Map<string, Version>();
	readonly #counters = new Map<Key, bigint>();
	/** By index of the log. */
	readonly #hashes = new Map<LogIndex, string>();
	/** All that is committed; `#log[i]` is at index `i + 1`. */
	readonly #log: LogEntry[] = [];
	/** Follows the golden replica at a distance, to where somebody has taken a snapshot. */
	readonly #follower: KvStateMachine;
	readonly #settled = new Set<number>();
	#floor: Version = 0;

	constructor(codec: Codec, limits: Partial<StateMachineLimits>, report: Report) {
		this.#codec = codec;
		this.#report = report;
		this.#golden = new KvStateMachine(codec, limits);
		this.#follower = new KvStateMachine(codec, limits);
	}

	/** See `ClientOperation.floor`. */
	get floor(): Version {
		return this.#floor;
	}

	get appliedIndex(): LogIndex {
		return this.#golden.appliedIndex;
	}

	/** Where the write of this value was run; `undefined`: nowhere. */
	revisionOfWrite(value: string): Version | undefined {
		return this.#tokens.get(value);
	}

	// ----------------------------------------------------------------------------------------------- the log

	/** Entries in the order of the log, each when it is committed for the first time. */
	committed(entry: LogEntry): void {
		this.#log.push(entry);
		const {revision} = this.#golden;
		const outcomes = this.#golden.apply(entry);
		if (entry.type === 'command' && outcomes !== undefined) this.#note(entry, revision, outcomes);
		if (entry.index % hashEvery === 0) this.#hashes.set(entry.index, this.#golden.stateHash());
	}

	/** `before`: the revision of all that is before this entry. */
	#note(entry: LogEntry, before: Version, outcomes: readonly Outcome[]): void {
		const command = decodeCommand(this.#codec, entry.command);
		if (command?.type !== 'operations') return;
		for (const [place, {operation}] of command.operations.entries()) {
			const outcome = outcomes[place];
			const revision = before + 1 + place;
			if (outcome !== undefined && this.#isRunAt(operation, outcome, revision)) {
				this.#noteRun(operation, outcome as Result, revision);
			}
		}
	}

	#noteRun(operation: WriteOperation, result: Result, revision: Version): void {
		this.#executed.set(revision, {operation, result, claimedBy: undefined});
		if (operation.type === 'batch') {
			const results = result.type === 'batch' ? result.results : [];
			for (const [place, part] of operation.operations.entries()) {
				if (part.type !== 'get') this.#change(part, results[place], revision);
			}
		} else this.#change(operation, result, revision);
	}

	/** Whether this is where the operation was run, and not a repeat of it, or refused. */
	#isRunAt(operation: WriteOperation, outcome: Outcome, revision: Version): boolean {
		switch (outcome.type) {
			case 'written':
			case 'number':
			case 'deleted':
			case 'cleared':
				return outcome.version === revision;
			case 'batch':
				// A batch of the simulator's always writes something.
				return (
					operation.type === 'batch' && outcome.results.some(part => 'version' in part && part.version === revision)
				);
			default:
				return false;
		}
	}

	#change(operation: WriteOperation, result: Result | undefined, revision: Version): void {
		switch (operation.type) {
			case 'put':
			case 'append':
			case 'compareAndSet': {
				if (result?.type !== 'written') return;
				this.#runOnce(operation.value, revision);
				const before = operation.type === 'append' ? this.#valueAt(operation.key) : undefined;
				return this.#set(operation.key, revision, joined(before, operation.value));
			}
			case 'delete':
				if (result?.type === 'deleted' && result.existed) this.#set(operation.key, revision, undefined);
				return;
			case 'increment': {
				if (result?.type !== 'number') return;
				const value = (this.#counters.get(operation.key) ?? 0n) + operation.by;
				this.#counters.set(operation.key, value);
				if (value !== result.value) {
					this.#report(
						'honestAnswer',
						`increment at revision ${revision} gave ${result.value} where ${value} is right`,
					);
				}
				return this.#set(
					operation.key,
					revision,
					Uint8Array.from(String(value), digit => digit.charCodeAt(0)),
				);
			}
			case 'clear':
			case 'batch':
				return;
			default:
				return operation satisfies never;
		}
	}

	/** Every value that the simulator writes is written by one operation of one client only. */
	#runOnce(value: Value, revision: Version): void {
		const token = textOf(value);
		const before = this.#tokens.get(token);
		if (before !== undefined && before !== revision) {
			this.#report(
				'exactlyOnce',
				`the write of ${shown(token)} was run at revision ${before} and again at ${revision}`,
			);
		}
		this.#tokens.set(token, revision);
	}

	#valueAt(key: Key): Value | undefined {
		return this.#changes.get(key)?.at(-1)?.value;
	}

	#set(key: Key, revision: Version, value: Value | undefined): void {
		const changes = this.#changes.get(key);
		if (changes === undefined) this.#changes.set(key, [{revision, value}]);
		else if (changes.at(-1)?.revision === revision) changes[changes.length - 1] = {revision, value};
		else changes.push({revision, value});
	}

	// ------------------------------------------------------------------------------------------- the replicas

	/** A replica has applied up to its present index. */
	applied(node: number, machine: KvStateMachine): void {
		const index = machine.appliedIndex;
		if (index > this.#golden.appliedIndex) {
			this.#report('stateMachineSafety', `node ${node} applied index ${index}, which is not committed`);
			return;
		}
		if (index % hashEvery === 0) this.#compareHash(node, machine, this.#hashes.get(index));
	}

	/** A replica begins to store a snapshot of its state at this index: whoever loads it must have what the log makes. */
	snapshotBegun(index: LogIndex): void {
		if (this.#hashes.has(index) || index < this.#follower.appliedIndex) return;
		while (this.#follower.appliedIndex < index) {
			const entry = this.#log[this.#follower.appliedIndex];
			if (entry === undefined) return;
			this.#follower.apply(entry);
		}
		this.#hashes.set(index, this.#follower.stateHash());
	}

	/** A replica has loaded a snapshot, and has its state or a later one. */
	restored(node: number, machine: KvStateMachine): void {
		const {appliedIndex, revision} = machine;
		this.#compareHash(node, machine, this.#hashes.get(appliedIndex));
		for (const [key, changes] of this.#changes) {
			const change = changes.findLast(({revision: changedAt}) => changedAt <= revision);
			const found = machine.read({type: 'get', key});
			const version = found.type === 'value' ? found.version : -1;
			if (version === (change?.value === undefined ? 0 : change.revision)) continue;
			const detail = `node ${node} has loaded version ${version} of key ${key}`;
			this.#report('sameState', `${detail}, where the log up to ${revision} makes ${change?.revision ?? 0}`);
		}
	}

	/** To be asked at the end, when a replica has applied everything. */
	compareAll(node: number, machine: KvStateMachine): void {
		if (machine.appliedIndex === this.#golden.appliedIndex) this.#compareHash(node, machine, this.#golden.stateHash());
	}

	#compareHash(node: number, machine: KvStateMachine, expected: string | undefined): void {
		if (expected === undefined || machine.stateHash() === expected) return;
		this.#report('sameState', `node ${node} has another state at index ${machine.appliedIndex} than the log makes`);
	}

	// -------------------------------------------------------------------------------------------- the clients

	/** A client has been told that its operation is done. */
	answered(asked: ClientOperation, result: Result): void {
		const {operation} = asked;
		this.settled(asked);
		if (operation.type === 'get') {
			if (result.type !== 'value') return this.#dishonest(asked, result, 'a read gives a value');
			return this.#judgeRead(asked, operation.key, result.value, result.version, result);
		}
		switch (result.type) {
			case 'written':
			case 'number':
			case 'cleared':
				return this.#judgeWrite(asked, operation, result, result.version);
			case 'deleted':
				return this.#judgeWrite(asked, operation, result, result.version);
			case 'batch': {
				const revision = result.results.find((part, place) => isWritten(part, operation, place))?.version;
				return this.#judgeWrite(asked, operation, result, revision);
			}
			case 'conditionFailed':
				if ('key' in operation) this.#judgeRead(asked, operation.key, result.value, result.version, result);
				return;
			case 'value':
				return this.#dishonest(asked, result, 'a write gives no value');
			case 'invalid':
				return;
			default:
				return result satisfies never;
		}
	}

	/** An operation is over, whatever became of it. */
	settled({id}: ClientOperation): void {
		if (this.#settled.has(id)) this.#report('oneAnswer', `operation ${id} was settled twice`);
		this.#settled.add(id);
	}

	#judgeWrite(asked: ClientOperation, operation: WriteOperation, result: Result, revision: Version | undefined): void {
		const executed = revision === undefined ? undefined : this.#executed.get(revision);
		if (revision === undefined || executed === undefined) {
			return this.#dishonest(asked, result, `no write was run at revision ${revision}`);
		}
		if (!isSameOperation(executed.operation, operation)) {
			return this.#dishonest(asked, result, `revision ${revision} is another write, ${describe(executed.operation)}`);
		}
		if (!isSameResult(executed.result, result)) {
			return this.#dishonest(asked, result, `the log gives ${JSON.stringify(executed.result, plain)}`);
		}
		if (executed.claimedBy !== undefined) {
			return this.#dishonest(
				asked,
				result,
				`operation ${executed.claimedBy} was told that revision ${revision} is its own`,
			);
		}
		executed.claimedBy = asked.id;
		this.#floor = Math.max(this.#floor, revision);
	}

	/** The key must have been like this at some revision that is not older than what was known when it was asked. */
	#judgeRead(asked: ClientOperation, key: Key, value: Value | undefined, version: number, result: Result): void {
		const changes = this.#changes.get(key) ?? [];
		if (value === undefined ? version !== 0 : version === 0) {
			return this.#dishonest(asked, result, 'an absent key has version 0, and no other has');
		}
		// The last change that must be included, and all that came after it.
		let place = changes.length - 1;
		while (place >= 0 && (changes[place] as Change).revision > asked.floor) place--;
		if (place < 0 && value === undefined) return;
		for (let offset = changes.length - 1; offset >= Math.max(0, place); offset--) {
			const change = changes[offset] as Change;
			const isSame = value === undefined ? change.value === undefined : change.revision === version;
			if (!isSame) continue;
			if (value !== undefined && (change.value === undefined || !isSameBytes(change.value, value))) {
				return this.#dishonest(asked, result, `version ${version} of the key is another value`);
			}
			this.#floor = Math.max(this.#floor, version);
			return;
		}
		const detail = `operation ${asked.id} ${describe(asked.operation)} was answered with version ${version}`;
		this.#report('freshRead', `${detail}, though revision ${asked.floor} was known before it was asked`);
	}

	#dishonest(asked: ClientOperation, result: Result, why: string): void {
		const told = `operation ${asked.id} ${describe(asked.operation)} was told ${JSON.stringify(result, plain)}`;
		this.#report('honestAnswer', `${told}, but ${why}`);
	}
}

function isWritten(part: Result, operation: Operation, place: number): part is Extract<Result, {version: number}> {
	return operation.type === 'batch' && operation.operations[place]?.type === 'put' && part.type === 'written';
}

function joined(before: Value | undefined, value: Value): Value {
	if (before === undefined) return value;
	const bytes = new Uint8Array(before.length + value.length);
	bytes.set(before);
	bytes.set(value, before.length);
	return bytes;
}

function isSameOperation(one: Operation, other: Operation): boolean {
	if (one.type !== other.type) return false;
	if ('key' in one && 'key' in other && one.key !== other.key) return false;
	if ('value' in one && 'value' in other && !isSameBytes(one.value, other.value)) return false;
	if (one.type === 'increment' && other.type === 'increment') return one.by === other.by;
	if (one.type !== 'batch' || other.type !== 'batch') return true;
	return one.operations.every((part, place) => isSameOperation(part, other.operations[place] as Operation));
}

/** Field by field: a result that came over the wire has its fields in another order. */
function isSameResult(one: unknown, other: unknown): boolean {
	if (one === other) return true;
	if (one instanceof Uint8Array && other instanceof Uint8Array) return isSameBytes(one, other);
	if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) return false;
	const left = one as Record<string, unknown>;
	const right = other as Record<string, unknown>;
	for (const name in left) if (!isSameResult(left[name], right[name])) return false;
	for (const name in right) if (!(name in left) && right[name] !== undefined) return false;
	return true;
}

/** For `JSON.stringify`: bytes as text, and bigint, which it does not know. */
function plain(_: string, value: unknown): unknown {
	if (typeof value === 'bigint') return String(value);
	return value instanceof Uint8Array ? shown(textOf(value)) : value;
}

/** Each byte as a character. */
export function textOf(bytes: Uint8Array): string {
	let text = '';
	let offset = 0;
	// By eights: one character after the other makes a chain of as many strings, and spreading goes through an iterator.
	for (; offset + 8 <= bytes.length; offset += 8) {
		const at = (place: number): number => bytes[offset + place] ?? 0;
		text += String.fromCharCode(at(0), at(1), at(2), at(3), at(4), at(5), at(6), at(7));
	}
	for (; offset < bytes.length; offset++) text += String.fromCharCode(bytes[offset] ?? 0);
	return text;
}

const shown = (text: string): string => (text.length <= 24 ? text : `${text.slice(0, 12)}..${text.slice(-10)}`);

export function describe(operation: Operation): string {
	switch (operation.type) {
		case 'get':
		case 'delete':
			return `${operation.type} ${operation.key}`;
		case 'put':
		case 'append':
		case 'compareAndSet':
			return `${operation.type} ${operation.key} ${shown(textOf(operation.value))}`;
		case 'increment':
			return `increment ${operation.key} by ${operation.by}`;
		case 'clear':
			return 'clear';
		case 'batch':
			return `batch of ${operation.operations.map(describe).join(', ')}`;
		default:
			return operation satisfies never;
	}
}
