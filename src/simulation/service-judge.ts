/**
 * Judges the service: keeps a golden replica, which applies what is committed, never restarts and never sees a
 * snapshot, and compares with it what the replicas hold and what clients are told.
 */
import {decodeCommand} from '../kv/command-codec.js';
import {KvStateMachine, type StateMachineLimits} from '../kv/state-machine.js';
import type {Codec, Key, Operation, Outcome, Result, Value, WriteOperation} from '../kv/types.js';
import type {LogEntry, LogIndex} from '../raft/types.js';
import {isSameBytes} from './log-judge.js';
import type {Report} from './violation.js';

/** A change of one key, at an index of the log. */
interface Change {
	readonly index: LogIndex;
	/** `undefined`: the key is absent from here on. */
	readonly value: Value | undefined;
}

/** What the log says of one index. */
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
	/** The highest index of which anybody had been told when this was invoked: its answer cannot be older. */
	readonly floor: LogIndex;
}

/** A replica's state is hashed when its index is a multiple of this. */
const hashEvery = 64;

export class ServiceJudge {
	readonly #codec: Codec;
	readonly #report: Report;
	readonly #golden: KvStateMachine;
	readonly #changes = new Map<Key, Change[]>();
	/** By index. */
	readonly #executed = new Map<LogIndex, Executed>();
	/** Values that name their write, and where it was run. */
	readonly #tokens = new Map<string, LogIndex>();
	readonly #counters = new Map<Key, bigint>();
	readonly #hashes = new Map<LogIndex, string>();
	readonly #settled = new Set<number>();
	#floor: LogIndex = 0;

	constructor(codec: Codec, limits: Partial<StateMachineLimits>, report: Report) {
		this.#codec = codec;
		this.#report = report;
		this.#golden = new KvStateMachine(codec, limits);
	}

	/** See `ClientOperation.floor`. */
	get floor(): LogIndex {
		return this.#floor;
	}

	get appliedIndex(): LogIndex {
		return this.#golden.appliedIndex;
	}

	/** Where the write of this value was run; `undefined`: nowhere. */
	indexOfWrite(value: string): LogIndex | undefined {
		return this.#tokens.get(value);
	}

	// ----------------------------------------------------------------------------------------------- the log

	/** Entries in the order of the log, each when it is committed for the first time. */
	committed(entry: LogEntry): void {
		const outcome = this.#golden.apply(entry);
		if (entry.type === 'command') this.#note(entry, outcome);
		if (entry.index % hashEvery === 0) this.#hashes.set(entry.index, this.#golden.stateHash());
	}

	#note(entry: LogEntry, outcome: Outcome | undefined): void {
		const command = decodeCommand(this.#codec, entry.command);
		if (command?.type !== 'operation' || outcome === undefined) return;
		const {operation} = command;
		const {index} = entry;
		if (!this.#isRunAt(operation, outcome, index)) return;
		const result = outcome as Result;
		this.#executed.set(index, {operation, result, claimedBy: undefined});
		if (operation.type === 'batch') {
			const results = result.type === 'batch' ? result.results : [];
			for (const [place, part] of operation.operations.entries()) {
				if (part.type !== 'get') this.#change(part, results[place], index);
			}
		} else this.#change(operation, result, index);
	}

	/** Whether this entry is where the operation was run, and not a repeat of it, or refused. */
	#isRunAt(operation: WriteOperation, outcome: Outcome, index: LogIndex): boolean {
		switch (outcome.type) {
			case 'written':
			case 'number':
			case 'deleted':
			case 'cleared':
				return outcome.version === index;
			case 'batch':
				// A batch of the simulator's always writes something.
				return operation.type === 'batch' && outcome.results.some(part => 'version' in part && part.version === index);
			default:
				return false;
		}
	}

	#change(operation: WriteOperation, result: Result | undefined, index: LogIndex): void {
		switch (operation.type) {
			case 'put':
			case 'append':
			case 'compareAndSet': {
				if (result?.type !== 'written') return;
				this.#runOnce(operation.value, index);
				const before = operation.type === 'append' ? this.#valueAt(operation.key) : undefined;
				return this.#set(operation.key, index, joined(before, operation.value));
			}
			case 'delete':
				if (result?.type === 'deleted' && result.existed) this.#set(operation.key, index, undefined);
				return;
			case 'increment': {
				if (result?.type !== 'number') return;
				const value = (this.#counters.get(operation.key) ?? 0n) + operation.by;
				this.#counters.set(operation.key, value);
				if (value !== result.value) {
					this.#report('honestAnswer', `increment at index ${index} gave ${result.value} where ${value} is right`);
				}
				return this.#set(
					operation.key,
					index,
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
	#runOnce(value: Value, index: LogIndex): void {
		const token = textOf(value);
		const before = this.#tokens.get(token);
		if (before !== undefined && before !== index) {
			this.#report('exactlyOnce', `the write of ${shown(token)} was run at index ${before} and again at ${index}`);
		}
		this.#tokens.set(token, index);
	}

	#valueAt(key: Key): Value | undefined {
		return this.#changes.get(key)?.at(-1)?.value;
	}

	#set(key: Key, index: LogIndex, value: Value | undefined): void {
		const changes = this.#changes.get(key);
		if (changes === undefined) this.#changes.set(key, [{index, value}]);
		else if (changes.at(-1)?.index === index) changes[changes.length - 1] = {index, value};
		else changes.push({index, value});
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
				const index = result.results.find((part, place) => isWritten(part, operation, place))?.version;
				return this.#judgeWrite(asked, operation, result, index);
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

	#judgeWrite(asked: ClientOperation, operation: WriteOperation, result: Result, index: LogIndex | undefined): void {
		const executed = index === undefined ? undefined : this.#executed.get(index);
		if (index === undefined || executed === undefined) {
			return this.#dishonest(asked, result, `no write was run at index ${index}`);
		}
		if (!isSameOperation(executed.operation, operation)) {
			return this.#dishonest(asked, result, `index ${index} is another write, ${describe(executed.operation)}`);
		}
		if (!isSameResult(executed.result, result)) {
			return this.#dishonest(asked, result, `the log gives ${JSON.stringify(executed.result, plain)}`);
		}
		if (executed.claimedBy !== undefined) {
			return this.#dishonest(asked, result, `operation ${executed.claimedBy} was told that index ${index} is its own`);
		}
		executed.claimedBy = asked.id;
		this.#floor = Math.max(this.#floor, index);
	}

	/** The key must have been like this at some index that is not older than what was known when it was asked. */
	#judgeRead(asked: ClientOperation, key: Key, value: Value | undefined, version: number, result: Result): void {
		const changes = this.#changes.get(key) ?? [];
		if (value === undefined ? version !== 0 : version === 0) {
			return this.#dishonest(asked, result, 'an absent key has version 0, and no other has');
		}
		// The last change that must be included, and all that came after it.
		let place = changes.length - 1;
		while (place >= 0 && (changes[place] as Change).index > asked.floor) place--;
		if (place < 0 && value === undefined) return;
		for (let offset = changes.length - 1; offset >= Math.max(0, place); offset--) {
			const change = changes[offset] as Change;
			const isSame = value === undefined ? change.value === undefined : change.index === version;
			if (!isSame) continue;
			if (value !== undefined && (change.value === undefined || !isSameBytes(change.value, value))) {
				return this.#dishonest(asked, result, `version ${version} of the key is another value`);
			}
			this.#floor = Math.max(this.#floor, version);
			return;
		}
		const detail = `operation ${asked.id} ${describe(asked.operation)} was answered with version ${version}`;
		this.#report('freshRead', `${detail}, though index ${asked.floor} was known before it was asked`);
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
