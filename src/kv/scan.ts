/** Reads keys part by part, in the order of their positions (see `scan-position.ts`), with no index and no memory of earlier parts. */
import {hashOf, type Shard} from './shard.js';
import {firstOfShard, positionOf, scanEnd, shardAt, slotAt} from './scan-position.js';
import {databaseOf, nameOfKey} from './database-name.js';
import type {ByteString, DatabaseNumber, Operation, Result, ScanPosition, Value, Version} from './types.js';

/** What a scan needs of a database. */
interface ScannedDatabase {
	/** No key's version is less. */
	readonly exchangedAt: Version;
	/** `undefined`: it has no keys. */
	shard(number: number): Shard | undefined;
}

/** What a scan needs of a store. */
export interface ScannedStore {
	/** Unix ms: a key whose deadline is not after it is not there. */
	readonly now: number;
	/** `undefined`: it has no keys. */
	database(number: DatabaseNumber): ScannedDatabase | undefined;
}

type Scan = Extract<Operation, {type: 'scan'}>;

/** One answer looks at no more keys, whatever was asked for: a few milliseconds of work. */
const lookedAtLimit = 16_384;
/** Slots of the tables to one key: after many were deleted, most slots are empty. */
const slotsPerKey = 10;
/** An answer with more is cut. It is the last key that goes beyond it. */
const answerBytesMax = 2 ** 20;
/** What one key takes in an answer beside its bytes, about. */
const keyOverheadBytes = 16;

class Answer {
	readonly keys: ByteString[] = [];
	readonly versions: Version[] = [];
	readonly values: Value[] = [];
	lookedAt = 0;
	bytes = 0;
	readonly #prefix: ByteString;
	readonly #hasValues: boolean;
	readonly #now: number;
	readonly #versionMin: Version;

	constructor({prefix = '', hasValues = false}: Scan, now: number, versionMin: Version) {
		this.#prefix = nameOfKey(prefix);
		this.#hasValues = hasValues;
		this.#now = now;
		this.#versionMin = versionMin;
	}

	/** Takes the keys of one slot, of which those before `from` or from `to` on belong to other answers. */
	take(shard: Shard, slot: number, from: ScanPosition, to: ScanPosition): void {
		const prefix = this.#prefix;
		for (const place of shard.placesOfSlot(slot)) {
			const [key, {value, version, expiresAt}] = shard.at(place);
			this.lookedAt += 1;
			if (!key.startsWith(prefix) || (expiresAt !== undefined && expiresAt <= this.#now)) continue;
			const position = positionOf(hashOf(key));
			if (position < from || position >= to) continue;
			this.keys.push(key);
			this.versions.push(Math.max(version, this.#versionMin));
			// Views, as of a `get`: who keeps the result, copies it.
			if (this.#hasValues) this.values.push(value);
			this.bytes += key.length + keyOverheadBytes + (this.#hasValues ? value.length : 0);
		}
	}
}

/** At least one slot, so that whoever goes on comes to an end. */
export function scan(store: ScannedStore, operation: Scan, revision: Version): Extract<Result, {type: 'keys'}> {
	const {from, to = scanEnd, hasValues = false} = operation;
	const lookedAtMax = Math.min(operation.lookedAtMax, lookedAtLimit);
	const database = store.database(databaseOf(operation.prefix ?? ''));
	const answer = new Answer(operation, store.now, database?.exchangedAt ?? 0);
	let position = from;
	let slots = 0;
	while (position < to && answer.lookedAt < lookedAtMax && slots < lookedAtMax * slotsPerKey) {
		if (answer.bytes >= answerBytesMax) break;
		const number = shardAt(position);
		const shard = database?.shard(number);
		if (shard === undefined) {
			position = firstOfShard(number + 1);
			continue;
		}
		const {slot, end} = slotAt(position, shard.slotCount);
		answer.take(shard, slot, position, to);
		slots += 1;
		position = end;
	}
	const next = position >= to ? undefined : position;
	const {keys, versions, values} = answer;
	return {type: 'keys', revision, next, keys, versions, values: hasValues ? values : undefined};
}
