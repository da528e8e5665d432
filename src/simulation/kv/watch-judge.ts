/**
 * Judges what those who watch are told. An answer names a revision, and brings all changes after the one that was asked for up to
 * it: exactly those that the log makes, each once, in their order, and of each revision all or none. Whoever asks on from the
 * revision of each answer has then seen each change once, whichever replicas have answered.
 */
import type {Change, ChangesRead, Key, Result, Value, Version} from '../../kv/types.js';
import type {Coverage} from '../coverage.js';
import {modelDatabase} from './model-database.js';
import {isSameBytes} from '../log-judge.js';

/** What the log makes of a key; `undefined`: it is gone. */
interface Made {
	readonly key: Key;
	readonly value: Value | undefined;
	/** It came with a whole database: nobody is told of it key by key. */
	readonly isExchange?: boolean;
}

type Told = Extract<Result, {type: 'changes' | 'compacted'}>;

export class WatchJudge {
	readonly #coverage: Coverage;
	readonly #made = new Map<Version, Made[]>();
	/** Of the log so far. */
	#revision: Version = 0;

	constructor(coverage: Coverage) {
		this.#coverage = coverage;
	}

	/** The log changes a key. */
	changed(change: Made, revision: Version): void {
		const made = this.#made.get(revision);
		if (made === undefined) this.#made.set(revision, [change]);
		else made.push(change);
	}

	/** The log has come to this revision. */
	reached(revision: Version): void {
		this.#revision = revision;
	}

	/** What is wrong with the answer; `undefined`: nothing. */
	wrongWith(read: ChangesRead, result: Told): string | undefined {
		const {after} = read;
		if (result.revision > this.#revision) return `the log has come to revision ${this.#revision} only`;
		if (result.type === 'compacted') {
			this.#coverage.count('watch: compacted');
			return after !== undefined && after < result.revision ? undefined : 'that is not before what is kept';
		}
		const {changes, revision} = result;
		if (after === undefined) {
			this.#coverage.count('watch: begun');
			return changes.length === 0 ? undefined : 'it asked for no changes';
		}
		if (revision < after) return `it has been told of revision ${after}`;
		this.#coverage.count(changes.length === 0 ? 'watch: no change' : 'watch: changes');
		const told = byRevision(changes);
		for (const at of told.keys()) if (at <= after || at > revision) return `revision ${at} was not asked for`;
		if (changes.some((change, place) => change.revision < (changes[place - 1]?.revision ?? 0)))
			return 'its changes are not in the order of the log';
		for (let at = after + 1; at <= revision; at += 1) {
			const made = this.#made.get(at) ?? [];
			const wrong = wrongAt(made, told.get(at) ?? [], read);
			if (wrong !== undefined) return `at revision ${at} ${wrong}`;
			if (new Set(made.map(({key}) => key)).size > 1) this.#coverage.count('watch: a revision of several changes');
		}
		return undefined;
	}
}

function byRevision(changes: readonly Change[]): ReadonlyMap<Version, readonly Change[]> {
	const groups = new Map<Version, Change[]>();
	for (const change of changes) groups.set(change.revision, [...(groups.get(change.revision) ?? []), change]);
	return groups;
}

/** Also where the log makes nothing of them. */
function wrongAt(
	made: readonly Made[],
	changes: readonly Change[],
	{prefix = '', ofAllDatabases = false}: ChangesRead,
): string | undefined {
	const isAsked = (key: Key): boolean => modelDatabase(key) === modelDatabase(prefix) && key.startsWith(prefix);
	const expected = made.filter(({key, isExchange}) => (ofAllDatabases ? isExchange !== true : isAsked(key)));
	if (changes.some(({event}) => event === 'clear')) return wrongWithClear(expected, changes);
	const told = changes.filter((change, place) => !isSecondHalf(change, changes[place - 1])).map(madeBy);
	// A put that is over at once leaves nothing.
	for (let place = changes.length - 1; place > 0; place -= 1) {
		const change = changes[place] as Change;
		if (change.event !== 'expired' || changes[place - 1]?.key !== change.key) continue;
		const put = told.findLastIndex(({key, value}) => key === change.key && value !== undefined);
		if (put >= 0) told.splice(put, 1);
	}
	return isSameList(sorted(expected), sorted(told)) ? undefined : `the log makes ${textOf(expected)} of it`;
}

/** A script sets a key, and then its deadline, where the model does both at once. */
const isSecondHalf = (change: Change, before: Change | undefined): boolean =>
	change.event === 'expire' && before?.key === change.key && before.event === 'set' && !before.setsDeadline;

const goneEvents: ReadonlySet<Change['event']> = new Set(['del', 'expired', 'rename_from', 'move_from']);

const madeBy = ({event, key, value}: Change): Made => ({key, value: goneEvents.has(event) ? undefined : value});

/** All keys that the log changes at this revision are gone, but for those that are told behind it. */
function wrongWithClear(expected: readonly Made[], changes: readonly Change[]): string | undefined {
	const after = new Map(expected.map(({key}) => [key, undefined as Value | undefined]));
	for (const change of changes) {
		if (change.event !== 'clear') after.set(change.key, madeBy(change).value);
		else
			for (const key of after.keys()) if (modelDatabase(key) === modelDatabase(change.key)) after.set(key, undefined);
	}
	const right = new Map(expected.map(({key, value}) => [key, value]));
	const lists = [right, after].map(map => sorted(Array.from(map, ([key, value]) => ({key, value}))));
	return isSameList(lists[0] as Made[], lists[1] as Made[]) ? undefined : `the log leaves ${textOf(expected)}`;
}

/** By keys; those of one key stay in their order. */
const sorted = (list: readonly Made[]): readonly Made[] =>
	list.toSorted((one, other) => (one.key < other.key ? -1 : one.key > other.key ? 1 : 0));

function isSameList(one: readonly Made[], other: readonly Made[]): boolean {
	if (one.length !== other.length) return false;
	return one.every(({key, value}, place) => {
		const made = other[place] as Made;
		if (made.key !== key || (value === undefined) !== (made.value === undefined)) return false;
		return value === undefined || made.value === undefined || isSameBytes(value, made.value);
	});
}

const textOf = (list: readonly Made[]): string =>
	list.length === 0
		? 'nothing'
		: list
				.slice(0, 8)
				.map(({key, value}) => `${key}${value === undefined ? ' gone' : ''}`)
				.join(', ');
