/**
 * Judges what clients are told. Each write is run at most once, whatever numbers its clerk gave it; what its client is told is
 * the answer of that one run, also where it was refused and asked again; and a read shows the log at a place that is not
 * older than what anybody had been told before it was asked.
 */
import type {Key, Operation, Result, Value, Version, WriteOperation} from '../kv/types.js';
import type {Coverage} from './coverage.js';
import {isSameBytes} from './log-judge.js';
import {describe, isAlike, isSameOperation, plain, shown, tokenOf} from './operation-text.js';
import type {Report} from './violation.js';

/** A change of one key. */
interface Change {
	readonly revision: Version;
	/** `undefined`: the key is absent from here on. */
	readonly value: Value | undefined;
}

/** The one time that a write was run: where it changed something, or was refused. */
interface Run {
	readonly operation: WriteOperation;
	readonly result: Result;
	readonly revision: Version;
	/** Which client operation was told that it is this one. */
	claimedBy: number | undefined;
}

/** An operation of a client, on its way. */
export interface ClientOperation {
	readonly id: number;
	readonly operation: Operation;
	/** The clerk that was asked, by a name unlike any other's. Its operations have rising ids. */
	readonly clerk: string;
	/** The highest revision of which anybody had been told when this was invoked: its answer cannot be older. */
	readonly floor: Version;
}

export class AnswerJudge {
	readonly #report: Report;
	readonly #coverage: Coverage;
	readonly #changes = new Map<Key, Change[]>();
	readonly #runs = new Map<Version, Run>();
	/** See `tokenOf`. */
	readonly #runsByToken = new Map<string, Run>();
	/** Clients were told that these were not run, and never will be. */
	readonly #denied = new Set<string>();
	readonly #settled = new Set<number>();
	/** By clerk: the writes that it was told to be done, in the order of their ids. */
	readonly #orders = new Map<string, {readonly id: number; readonly revision: Version}[]>();
	#floor: Version = 0;

	constructor(report: Report, coverage: Coverage) {
		this.#report = report;
		this.#coverage = coverage;
	}

	/** See `ClientOperation.floor`. */
	get floor(): Version {
		return this.#floor;
	}

	/** Where this write wrote; `undefined`: nowhere. */
	revisionOfWrite(operation: WriteOperation): Version | undefined {
		const token = tokenOf(operation);
		const run = token === undefined ? undefined : this.#runsByToken.get(token);
		return run?.result.type === 'written' ? run.revision : undefined;
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
	changed(key: Key, value: Value | undefined, revision: Version): void {
		const changes = this.#changes.get(key);
		if (changes === undefined) this.#changes.set(key, [{revision, value}]);
		else if (changes.at(-1)?.revision === revision) changes[changes.length - 1] = {revision, value};
		else changes.push({revision, value});
	}

	/** The log runs a write for the first time under its number. */
	ran(operation: WriteOperation, result: Result, revision: Version): void {
		const run = {operation, result, revision, claimedBy: undefined};
		this.#runs.set(revision, run);
		const token = tokenOf(operation);
		if (token === undefined) return;
		const before = this.#runsByToken.get(token);
		if (before !== undefined) {
			const again = `was run at revision ${before.revision} and again at ${revision}`;
			this.#report('exactlyOnce', `${describe(operation)} (${shown(token)}) ${again}`);
		}
		if (this.#denied.has(token)) {
			this.#report(
				'exactlyOnce',
				`${describe(operation)} was run at revision ${revision}, after its client was told no`,
			);
		}
		this.#runsByToken.set(token, run);
	}

	// -------------------------------------------------------------------------------------------- the clients

	/** A client has been told that its operation is done. */
	answered(asked: ClientOperation, result: Result): void {
		const {operation} = asked;
		this.settled(asked);
		if (operation.type !== 'get') return this.#judgeWrite(asked, operation, result);
		if (result.type === 'value') return this.#judgeRead(asked, operation.key, result.value, result.version, result);
		this.#dishonest(asked, result, 'a read gives a value');
	}

	/** A client has been told that its operation was not run, and never will be. */
	denied(asked: ClientOperation): void {
		this.settled(asked);
		const token = tokenOf(asked.operation);
		if (token === undefined) return;
		const run = this.#runsByToken.get(token);
		this.#denied.add(token);
		if (run === undefined) return;
		const told = `operation ${asked.id} ${describe(asked.operation)} was told that it was not run`;
		this.#report('honestAnswer', `${told}, and was run at revision ${run.revision}`);
	}

	/** An operation is over, whatever became of it. */
	settled({id}: ClientOperation): void {
		if (this.#settled.has(id)) this.#report('oneAnswer', `operation ${id} was settled twice`);
		this.#settled.add(id);
	}

	#judgeWrite(asked: ClientOperation, operation: WriteOperation, result: Result): void {
		const token = tokenOf(operation);
		const revision = 'version' in result ? result.version : undefined;
		const run = token === undefined ? this.#runs.get(revision ?? -1) : this.#runsByToken.get(token);
		if (run === undefined) return this.#dishonest(asked, result, 'the log has no run of it');
		if (!isSameOperation(run.operation, operation)) {
			return this.#dishonest(asked, result, `revision ${run.revision} is another write, ${describe(run.operation)}`);
		}
		if (!isAlike(run.result, result)) {
			return this.#dishonest(asked, result, `its one run gave ${JSON.stringify(run.result, plain)}`);
		}
		if (run.claimedBy !== undefined) {
			const other = `operation ${run.claimedBy} was told that revision ${run.revision} is its own`;
			return this.#dishonest(asked, result, other);
		}
		if (run.revision <= asked.floor) {
			return this.#dishonest(asked, result, `revision ${run.revision} was there before it was asked`);
		}
		run.claimedBy = asked.id;
		this.#judgeOrder(asked, run.revision);
		this.#floor = Math.max(this.#floor, run.revision);
	}

	#judgeOrder({clerk, id}: ClientOperation, revision: Version): void {
		let order = this.#orders.get(clerk);
		if (order === undefined) this.#orders.set(clerk, (order = []));
		const place = order.findLastIndex(other => other.id < id) + 1;
		for (const other of [order[place - 1], order[place]]) {
			if (other === undefined || other.id < id === other.revision < revision) continue;
			const detail = `clerk ${clerk} was asked for operations ${other.id} and ${id}`;
			this.#report('sessionOrder', `${detail}, which ran at revisions ${other.revision} and ${revision}`);
		}
		order.splice(place, 0, {id, revision});
	}

	/** The key must have been like this at some revision that is not older than what was known when it was asked. */
	#judgeRead(asked: ClientOperation, key: Key, value: Value | undefined, version: number, result: Result): void {
		const changes = this.#changes.get(key) ?? [];
		this.#coverage.count(value === undefined ? 'get of nothing' : 'get of a value');
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
