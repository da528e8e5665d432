/**
 * Judges what clients of keys and values are told: a read shows the log at a place that is not older than what anybody had been
 * told before it was asked. Of writes, see `WriteJudge`.
 */
import type {
	ByteString,
	Key,
	Operation,
	ReadOperation,
	Result,
	Value,
	Version,
	WriteOperation,
} from '../../kv/types.js';
import {isRead} from '../../kv/operation-bytes.js';
import type {KvTypes} from '../../kv/words.js';
import type {Coverage} from '../coverage.js';
import {isSameBytes} from '../log-judge.js';
import type {Report} from '../violation.js';
import {WriteJudge, type AskedOperation} from '../write-judge.js';
import {modelDatabase, modelName} from './model-database.js';
import {modelPosition} from './model-position.js';
import {describe, kvOperationWords} from './operation-text.js';
import {WatchJudge} from './watch-judge.js';

type Scan = Extract<ReadOperation, {type: 'scan'}>;
type Count = Extract<ReadOperation, {type: 'count'}>;

/** A change of one key. */
interface Change {
	readonly revision: Version;
	/** `undefined`: the key is absent from here on. */
	readonly value: Value | undefined;
}

/** What is judged of a client's operation; `floor`: the highest revision of which anybody had been told when it was invoked. */
export interface KvAsked extends AskedOperation<KvTypes> {
	readonly operation: Operation;
}

export class AnswerJudge {
	readonly #report: Report;
	readonly #coverage: Coverage;
	readonly #writes: WriteJudge<KvTypes>;
	readonly #changes = new Map<Key, Change[]>();
	readonly #watches: WatchJudge;
	#floor: Version = 0;

	constructor(report: Report, coverage: Coverage) {
		this.#report = report;
		this.#coverage = coverage;
		this.#watches = new WatchJudge(coverage);
		this.#writes = new WriteJudge(kvOperationWords, report);
	}

	/** See `KvAsked`. */
	get floor(): Version {
		return this.#floor;
	}

	/** What the log made of this write; `undefined`: it was not run. */
	resultOfWrite(operation: WriteOperation): Result | undefined {
		return this.#writes.runOf(operation)?.result;
	}

	/** The versions that all keys have at this revision; 0 for those that are absent. */
	*versionsAt(revision: Version): Generator<readonly [Key, Version]> {
		for (const [key, changes] of this.#changes) {
			const change = changes.findLast(({revision: changedAt}) => changedAt <= revision);
			yield [key, change?.value === undefined ? 0 : change.revision];
		}
	}

	// ----------------------------------------------------------------------------------------------- the log

	/** The log changes a key. */
	changed(key: Key, value: Value | undefined, revision: Version, isExchange = false): void {
		this.#watches.changed({key, value, isExchange}, revision);
		const changes = this.#changes.get(key);
		if (changes === undefined) this.#changes.set(key, [{revision, value}]);
		else if (changes.at(-1)?.revision === revision) changes[changes.length - 1] = {revision, value};
		else changes.push({revision, value});
	}

	/** The log has come to this revision. */
	reached(revision: Version): void {
		this.#watches.reached(revision);
	}

	/** The log runs a write for the first time under its number. */
	ran(operation: WriteOperation, result: Result, revision: Version): void {
		this.#writes.ran(operation, result, revision);
	}

	// -------------------------------------------------------------------------------------------- the clients

	/** A client has been told that its operation is done. */
	answered(asked: KvAsked, result: Result): void {
		const {operation} = asked;
		this.settled(asked);
		// What is known of a lease is not asked for here: the model compares it.
		if (operation.type === 'getLease') return;
		if (!isRead(operation)) {
			this.#floor = Math.max(this.#floor, this.#writes.answered(asked, operation, result) ?? 0);
		} else if (operation.type === 'get' && result.type === 'value') this.#judgeRead(asked, operation, result);
		else if (operation.type === 'scan' && result.type === 'keys') this.#judgeScan(asked, operation, result);
		else if (operation.type === 'count' && result.type === 'count') this.#judgeCount(asked, operation, result);
		else if (operation.type === 'changes' && (result.type === 'changes' || result.type === 'compacted')) {
			const wrong = this.#watches.wrongWith(operation, result);
			if (wrong !== undefined) this.#writes.dishonest(asked, operation, result, wrong);
		} else this.#writes.dishonest(asked, operation, result, 'a read gives a value');
	}

	/** A client has been told that its operation was not run, and never will be. */
	denied(asked: KvAsked): void {
		this.settled(asked);
		if (!isRead(asked.operation)) this.#writes.denied(asked, asked.operation);
	}

	/** An operation is over, whatever became of it. */
	settled(asked: KvAsked): void {
		this.#writes.settled(asked);
	}

	/** The key must have been like this at some revision that is not older than what was known when it was asked. */
	#judgeRead(
		asked: KvAsked,
		operation: Extract<ReadOperation, {type: 'get'}>,
		result: Extract<Result, {type: 'value'}>,
	): void {
		const {key} = operation;
		const {value, version} = result;
		const changes = this.#changes.get(key) ?? [];
		this.#coverage.count(value === undefined ? 'get of nothing' : 'get of a value');
		if (value === undefined ? version !== 0 : version === 0) {
			return this.#writes.dishonest(asked, operation, result, 'an absent key has version 0, and no other has');
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
				return this.#writes.dishonest(asked, operation, result, `version ${version} of the key is another value`);
			}
			this.#floor = Math.max(this.#floor, version);
			return;
		}
		this.#notFresh(asked, operation, `version ${version}`);
	}

	/** All keys between both positions, as the revision that the answer names has them, and no others. */
	#judgeScan(asked: KvAsked, operation: Scan, result: Extract<Result, {type: 'keys'}>): void {
		const {from, to = Infinity, prefix = '', hasValues = false} = operation;
		const {revision, next, keys, versions, values} = result;
		this.#coverage.count(next === undefined ? 'scan to the end' : 'scan of a part');
		if (!this.#isFresh(asked, operation, revision)) return;
		const end = Math.min(to, next ?? Infinity);
		const database = modelDatabase(prefix);
		if (database > 0) this.#coverage.count('scan of another database');
		const expected = new Map<ByteString, Change>();
		for (const [key, change] of this.#stateAt(revision)) {
			const position = modelPosition(modelName(key));
			const isAsked = modelDatabase(key) === database && key.startsWith(prefix);
			if (isAsked && position >= from && position < end) expected.set(modelName(key), change);
		}
		const isRight =
			keys.length === expected.size &&
			hasValues === (values !== undefined) &&
			keys.every((key, place) => {
				const change = expected.get(key);
				if (change?.value === undefined || change.revision !== versions[place]) return false;
				return values === undefined || isSameBytes(change.value, values[place] as Value);
			});
		if (isRight && new Set(keys).size === keys.length) return;
		const wanted = `${expected.size} keys, as ${[...expected.keys()].slice(0, 8).join(', ')}`;
		this.#writes.dishonest(asked, operation, result, `revision ${revision} has ${wanted} before position ${end}`);
	}

	#judgeCount(asked: KvAsked, operation: Count, result: Extract<Result, {type: 'count'}>): void {
		const {revision, count} = result;
		this.#coverage.count('count of keys');
		if (!this.#isFresh(asked, operation, revision)) return;
		const {database = 0} = operation;
		const expected = [...this.#stateAt(revision)].filter(
			([key]) => database === 'all' || modelDatabase(key) === database,
		).length;
		if (count !== expected)
			this.#writes.dishonest(asked, operation, result, `revision ${revision} has ${expected} keys`);
	}

	/** The keys that are there at this revision. */
	*#stateAt(revision: Version): Generator<readonly [Key, Change]> {
		for (const [key, changes] of this.#changes) {
			const change = changes.findLast(({revision: changedAt}) => changedAt <= revision);
			if (change?.value !== undefined) yield [key, change];
		}
	}

	/** An answer that names its revision. Whoever has it knows of that revision. */
	#isFresh(asked: KvAsked, operation: ReadOperation, revision: Version): boolean {
		const isFresh = revision >= asked.floor;
		if (isFresh) this.#floor = Math.max(this.#floor, revision);
		else this.#notFresh(asked, operation, `the state at revision ${revision}`);
		return isFresh;
	}

	#notFresh(asked: KvAsked, operation: ReadOperation, told: string): void {
		const detail = `operation ${asked.id} ${describe(operation)} was answered with ${told}`;
		this.#report('freshRead', `${detail}, though revision ${asked.floor} was known before it was asked`);
	}
}
