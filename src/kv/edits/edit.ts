/**
 * Edits: they compute what they write from what is there, as the commands of Redis 7.0 with their names do, answers and errors
 * included. Each is one step, on all replicas alike.
 */
import {int64OfText} from '../../base/int64.js';
import type {ChangeEvent} from '../changes/change-event.js';
import {databaseOf} from '../database-name.js';
import type {Execution} from '../execution.js';
import {bytesOf, textOf} from '../script/bytes.js';
import type {Stored} from '../shard.js';
import type {Edit, Key, Result, ScriptReply, Value} from '../types.js';
import {databasesOf} from './database-words.js';
import {redisValueBytesMax, tooLargeForRedis} from './edit-words.js';
import {carryOutField, lengthOfFields, parseFieldSteps} from './bit-fields.js';
import {bitAt, type BitOperator, combined} from './bits.js';
import {parseLongDouble, sumOf, textOfLongDouble} from './long-double.js';

/** The edit gives no value: it would be larger than one may be. */
class TooLargeError extends Error {}
/** The answer is this error. */
class RefusedError extends Error {}

const ok: ScriptReply = {type: 'status', text: 'OK'};
const sameObjects = 'ERR source and destination objects are the same';
const notAnInteger = 'ERR value is not an integer or out of range';
const notAnOffset = 'ERR bit offset is not an integer or out of range';
/** Of a bit, in Redis. */
const bitOffsetsMax = 2n ** 32n;
/** What BITOP reads, as nothing else is applied meanwhile: some tens of milliseconds. */
const combinedBytesMax = 16 * 2 ** 20;

export function runEdit(execution: Execution, edit: Edit): Result {
	const {version} = execution;
	try {
		return {type: 'scripted', isApplied: true, reply: new Editing(execution, edit).run(), version};
	} catch (error) {
		if (error instanceof TooLargeError) return {type: 'invalid', reason: 'valueTooLarge', version: 0};
		if (!(error instanceof RefusedError)) throw error;
		return {type: 'scripted', isApplied: false, reply: {type: 'error', text: error.message}, version};
	}
}

/** As `KeyValues.set` takes it. */
function untilOf(current: Stored | undefined): number {
	if (current?.leaseId !== undefined) return -current.leaseId;
	return current?.expiresAt ?? 0;
}

const int64In = (value: Value): bigint | undefined => (value.length > 20 ? undefined : int64OfText(textOf(value)));

/** The value with at least so many bytes, zeros behind its own: bytes that may be changed. */
function lengthened(value: Value | undefined, length: number): Uint8Array {
	const longer = new Uint8Array(Math.max(length, value?.length ?? 0));
	if (value !== undefined) longer.set(value);
	return longer;
}

class Editing {
	readonly #execution: Execution;
	readonly #edit: Edit;

	constructor(execution: Execution, edit: Edit) {
		this.#execution = execution;
		this.#edit = edit;
	}

	run(): ScriptReply {
		switch (this.#edit.name) {
			case 'rename':
				return this.#rename();
			case 'renamenx':
				return this.#renameIfFree();
			case 'copy':
				return this.#copy();
			case 'setrange':
				return this.#setRange();
			case 'incrbyfloat':
				return this.#addDecimal();
			case 'setbit':
				return this.#setBit();
			case 'bitop':
				return this.#combineBits();
			case 'msetnx':
				return this.#setAllIfNone();
			case 'bitfield':
				return this.#changeFields();
			case 'move':
				return this.#moveToDatabase();
			case 'swapdb':
				return this.#exchangeDatabases();
			default:
				return this.#edit.name satisfies never;
		}
	}

	#key(place: number): Key {
		return this.#edit.keys[place] ?? '';
	}

	#value(place: number): Value {
		return this.#edit.values[place] ?? new Uint8Array(0);
	}

	#get(key: Key): Stored | undefined {
		return this.#execution.store.get(key);
	}

	/** `until`: as `KeyValues.set` takes it. */
	#set(key: Key, value: Value, until: number, event: ChangeEvent): void {
		const {store, version, valueBytesMax, changes} = this.#execution;
		if (value.length > valueBytesMax) throw new TooLargeError();
		const isNew = store.set(key, value, version, until);
		changes?.note(event, version, key, value, {isNew});
	}

	#delete(key: Key, event: ChangeEvent): void {
		const {store, version, changes} = this.#execution;
		if (store.delete(key)) changes?.note(event, version, key);
	}

	#rename(): ScriptReply {
		const found = this.#found(this.#key(0));
		if (this.#key(0) !== this.#key(1)) this.#move(found);
		return ok;
	}

	#renameIfFree(): ScriptReply {
		const found = this.#found(this.#key(0));
		if (this.#get(this.#key(1)) !== undefined) return 0n;
		this.#move(found);
		return 1n;
	}

	#found(key: Key): Stored {
		const found = this.#get(key);
		if (found === undefined) throw new RefusedError('ERR no such key');
		return found;
	}

	/** Its deadline goes along. */
	#move(found: Stored, [from, to]: readonly [ChangeEvent, ChangeEvent] = ['rename_from', 'rename_to']): void {
		const value = new Uint8Array(found.value);
		const until = this.#untilElsewhere(found);
		if (value.length > this.#execution.valueBytesMax) throw new TooLargeError();
		// In the order in which Redis tells of them.
		this.#delete(this.#key(0), from);
		this.#set(this.#key(1), value, until, to);
	}

	/** What the second key gets from the first. */
	#untilElsewhere(found: Stored): number {
		if (found.leaseId !== undefined && databaseOf(this.#key(1)) > 0)
			throw new RefusedError('ERR a key of a lease cannot be in another database than 0');
		return untilOf(found);
	}

	#moveToDatabase(): ScriptReply {
		if (this.#key(0) === this.#key(1)) throw new RefusedError(sameObjects);
		const found = this.#get(this.#key(0));
		if (found === undefined || this.#get(this.#key(1)) !== undefined) return 0n;
		this.#move(found, ['move_from', 'move_to']);
		return 1n;
	}

	#exchangeDatabases(): ScriptReply {
		const {store, version, changes} = this.#execution;
		const databases = databasesOf(this.#edit.values.map(value => textOf(value)));
		if (typeof databases === 'string') throw new RefusedError(databases);
		const [one, other] = databases;
		if (one === other) return ok;
		if (store.exchange?.(one, other, version) !== true)
			throw new RefusedError('ERR keys of a lease cannot be in another database than 0: delete them first');
		changes?.noteExchange(version, one, other);
		return ok;
	}

	#copy(): ScriptReply {
		if (this.#key(0) === this.#key(1)) throw new RefusedError(sameObjects);
		const found = this.#get(this.#key(0));
		const replaces = this.#edit.values.length > 0;
		if (found === undefined || (!replaces && this.#get(this.#key(1)) !== undefined)) return 0n;
		this.#set(this.#key(1), new Uint8Array(found.value), this.#untilElsewhere(found), 'copy_to');
		return 1n;
	}

	#setRange(): ScriptReply {
		const offset = int64In(this.#value(0));
		if (offset === undefined) throw new RefusedError(notAnInteger);
		if (offset < 0n) throw new RefusedError('ERR offset is out of range');
		const patch = this.#value(1);
		const current = this.#get(this.#key(0));
		if (patch.length === 0) return BigInt(current?.value.length ?? 0);
		const length = Number(offset) + patch.length;
		if (length > redisValueBytesMax) throw new RefusedError(tooLargeForRedis);
		// Before anything so large is made.
		if (length > this.#execution.valueBytesMax) throw new TooLargeError();
		const changed = lengthened(current?.value, length);
		changed.set(patch, Number(offset));
		this.#set(this.#key(0), changed, untilOf(current), 'setrange');
		return BigInt(changed.length);
	}

	#addDecimal(): ScriptReply {
		const current = this.#get(this.#key(0));
		const number = parseLongDouble(current === undefined ? '0' : textOf(current.value.subarray(0, decimalBytesMax)));
		const by = parseLongDouble(textOf(this.#value(0).subarray(0, decimalBytesMax)));
		if (number === undefined || by === undefined) throw new RefusedError('ERR value is not a valid float');
		const sum = sumOf(number, by);
		if (sum === 'infinite') throw new RefusedError('ERR increment would produce NaN or Infinity');
		const text = textOfLongDouble(sum);
		this.#set(this.#key(0), bytesOf(text), untilOf(current), 'incrbyfloat');
		return text;
	}

	#setBit(): ScriptReply {
		const offset = int64In(this.#value(0));
		if (offset === undefined || offset < 0n || offset >= bitOffsetsMax) throw new RefusedError(notAnOffset);
		const bit = textOf(this.#value(1).subarray(0, 2));
		if (bit !== '0' && bit !== '1') throw new RefusedError('ERR bit is not an integer or out of range');
		const place = Number(offset);
		const length = Math.floor(place / 8) + 1;
		if (length > this.#execution.valueBytesMax) throw new TooLargeError();
		const current = this.#get(this.#key(0));
		const before = current === undefined ? 0 : bitAt(current.value, place);
		if (current !== undefined && current.value.length >= length && before === Number(bit)) return BigInt(before);
		const changed = lengthened(current?.value, length);
		const mask = 128 >> (place % 8);
		changed[length - 1] = ((changed[length - 1] ?? 0) & ~mask) | (bit === '1' ? mask : 0);
		this.#set(this.#key(0), changed, untilOf(current), 'setbit');
		return BigInt(before);
	}

	#changeFields(): ScriptReply {
		const steps = parseFieldSteps(this.#edit.values.map(value => textOf(value)));
		if (typeof steps === 'string') throw new RefusedError(steps);
		const current = this.#get(this.#key(0));
		const length = lengthOfFields(steps);
		if (length > this.#execution.valueBytesMax) throw new TooLargeError();
		const value = lengthened(current?.value, length);
		const before = new Uint8Array(value);
		const items = steps.map(step => carryOutField(value, step));
		// Also where all that would be written did not fit, the value is as long as it was asked to be.
		const isChanged = length > (current?.value.length ?? 0) || value.some((byte, place) => byte !== before[place]);
		if (length > 0 && isChanged) this.#set(this.#key(0), value, untilOf(current), 'setbit');
		return {type: 'list', items};
	}

	#combineBits(): ScriptReply {
		const operator = textOf(this.#value(0).subarray(0, 8)).toLowerCase();
		const sources = this.#edit.keys.slice(1);
		if (!isOperator(operator)) throw new RefusedError('ERR syntax error');
		if (operator === 'not' && sources.length > 1)
			throw new RefusedError('ERR BITOP NOT must be called with a single source key.');
		let result: Uint8Array | undefined;
		let bytes = 0;
		for (const key of sources) {
			const value = this.#get(key)?.value ?? new Uint8Array(0);
			bytes += value.length;
			if (bytes > combinedBytesMax)
				throw new RefusedError(`ERR BITOP of more than ${combinedBytesMax} bytes is not supported`);
			result = combined(operator, result, value);
		}
		if (result === undefined || result.length === 0) {
			this.#delete(this.#key(0), 'del');
			return 0n;
		}
		this.#set(this.#key(0), result, 0, 'set');
		return BigInt(result.length);
	}

	#setAllIfNone(): ScriptReply {
		const {keys, values} = this.#edit;
		if (keys.some(key => this.#get(key) !== undefined)) return 0n;
		if (values.some(value => value.length > this.#execution.valueBytesMax)) throw new TooLargeError();
		for (const [place, key] of keys.entries()) this.#set(key, this.#value(place), 0, 'set');
		return 1n;
	}
}

/** One more than a number may have: then it is none. */
const decimalBytesMax = 5120;

const isOperator = (word: string): word is BitOperator => ['and', 'or', 'xor', 'not'].includes(word);
