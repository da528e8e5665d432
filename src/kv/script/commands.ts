/** The commands that a script can call: those that ask or change keys, with the answers that the Redis port gives. */
import type {Key, Part, Result, ScriptReply} from '../types.js';
import {type BitRead, bitRead, fieldsRead} from '../edits/bit-reads.js';
import {copyOptions} from '../edits/copy-options.js';
import {keyInDatabase} from '../database-name.js';
import {databaseNumberOf} from '../edits/database-words.js';
import {bytesOf, textOf} from './bytes.js';
import {type CommandCall, CommandError, ok, syntaxError, type TimeForm} from './command-call.js';

export interface ScriptCommand {
	/** Words, the name included; negative: at least so many. */
	readonly arity: number;
	readonly isWrite: boolean;
	readonly run: (call: CommandCall) => ScriptReply;
}

const inSeconds: TimeForm = {unitMs: 1000n, isAbsolute: false};
const inMilliseconds: TimeForm = {unitMs: 1n, isAbsolute: false};
const atSecond: TimeForm = {unitMs: 1000n, isAbsolute: true};
const atMillisecond: TimeForm = {unitMs: 1n, isAbsolute: true};
const timeOptions: Readonly<Record<string, TimeForm>> = {
	ex: inSeconds,
	px: inMilliseconds,
	exat: atSecond,
	pxat: atMillisecond,
};

type Put = Extract<Part, {type: 'put'}>;

interface Options {
	readonly expiry: Put['expiry'];
	/** PERSIST. */
	readonly isPersistent: boolean;
	readonly condition: Put['condition'];
	readonly returnPrevious: boolean;
}

/** What follows SET and its two words, or GETEX and its one. */
function optionsOf(call: CommandCall, from: number): Options {
	const isSet = call.name === 'set';
	let time: {readonly form: TimeForm; readonly place: number} | undefined;
	let condition: Put['condition'];
	let returnPrevious = false;
	let keepsOrTakes = false;
	for (let place = from; place < call.words.length; place += 1) {
		const option = call.word(place).toLowerCase();
		const form = timeOptions[option];
		if (
			form !== undefined &&
			!keepsOrTakes &&
			(time === undefined || time.form === form) &&
			place + 1 < call.words.length
		) {
			place += 1;
			time = {form, place};
		} else if (option === (isSet ? 'keepttl' : 'persist') && time === undefined) keepsOrTakes = true;
		else if (isSet && option === 'nx' && condition !== 'present') condition = 'absent';
		else if (isSet && option === 'xx' && condition !== 'absent') condition = 'present';
		else if (isSet && option === 'get') returnPrevious = true;
		else throw new CommandError(syntaxError);
	}
	const expiry = time === undefined ? undefined : call.expiry(time.place, time.form, true);
	return {
		expiry: isSet && keepsOrTakes ? 'keep' : expiry,
		isPersistent: !isSet && keepsOrTakes,
		condition,
		returnPrevious,
	};
}

const previousOf = (result: Result): ScriptReply => {
	const previous =
		result.type === 'conditionFailed' ? result.value : result.type === 'written' ? result.previous : undefined;
	return previous && textOf(previous);
};

function set(call: CommandCall): ScriptReply {
	const {expiry, condition, returnPrevious} = optionsOf(call, 3);
	const result = call.run({type: 'put', key: call.key(1), value: call.value(2), condition, returnPrevious, expiry});
	if (returnPrevious) return previousOf(result);
	return result.type === 'conditionFailed' ? undefined : ok;
}

function setWithTime(call: CommandCall): ScriptReply {
	const expiry = call.expiry(2, call.name === 'setex' ? inSeconds : inMilliseconds, true);
	call.run({type: 'put', key: call.key(1), value: call.value(3), expiry});
	return ok;
}

function getex(call: CommandCall): ScriptReply {
	const key = call.key(1);
	const {text} = call.get(key);
	const {expiry, isPersistent} = optionsOf(call, 2);
	if (isPersistent) call.run({type: 'expire', key, expiry: 'never'});
	else if (expiry !== undefined && expiry !== 'keep' && !('leaseId' in expiry)) call.run({type: 'expire', key, expiry});
	return text;
}

function getdel(call: CommandCall): ScriptReply {
	const {text} = call.get(call.key(1));
	call.run({type: 'delete', key: call.key(1)});
	return text;
}

function incrementBy(call: CommandCall, by: bigint): ScriptReply {
	const result = call.run({type: 'increment', key: call.key(1), by});
	return result.type === 'number' ? result.value : undefined;
}

function decrementBy(call: CommandCall): ScriptReply {
	const by = call.integer(2);
	if (by === -(2n ** 63n)) throw new CommandError('ERR decrement would overflow');
	return incrementBy(call, -by);
}

function append(call: CommandCall): ScriptReply {
	const result = call.run({type: 'append', key: call.key(1), value: call.value(2)});
	return result.type === 'written' ? BigInt(result.length) : undefined;
}

/** Both ends included; negative ones count from the end. */
function getrange(call: CommandCall): ScriptReply {
	const start = call.integer(2);
	const end = call.integer(3);
	const text = call.get(call.key(1)).text ?? '';
	if (start < 0n && end < 0n && start > end) return '';
	const length = BigInt(text.length);
	const first = Number(start < 0n ? start + length : start);
	const last = Number(end < 0n ? end + length : end);
	return text.slice(Math.max(first, 0), Math.max(last, 0) + 1);
}

const keysOf = (call: CommandCall): readonly Key[] => call.words.slice(1).map((_, offset) => call.key(offset + 1));

function mset(call: CommandCall): ScriptReply {
	if (call.words.length % 2 === 0) throw new CommandError(`ERR wrong number of arguments for '${call.name}' command`);
	if (call.name === 'msetnx') return call.edit('msetnx');
	for (let place = 1; place < call.words.length; place += 2)
		call.run({type: 'put', key: call.key(place), value: call.value(place + 1)});
	return ok;
}

function bits(call: CommandCall, name: BitRead): ScriptReply {
	const {text} = call.get(call.key(1));
	const told = bitRead(name, call.words.slice(2))(text === undefined ? undefined : bytesOf(text));
	if (typeof told === 'string') throw new CommandError(told);
	return BigInt(told);
}

function bitfieldRead(call: CommandCall): ScriptReply {
	const {text} = call.get(call.key(1));
	const told = fieldsRead(call.words.slice(2))(text === undefined ? undefined : bytesOf(text));
	if (typeof told === 'string') throw new CommandError(told);
	return {type: 'list', items: told};
}

function copy(call: CommandCall): ScriptReply {
	const options = copyOptions(call.words.slice(3));
	if (typeof options === 'string') throw new CommandError(options);
	const database = options.database ?? call.selection.database;
	return call.runEdit({
		name: 'copy',
		keys: [call.key(1), keyInDatabase(database, call.word(2))],
		values: options.replaces ? [bytesOf('replace')] : [],
	});
}

function move(call: CommandCall): ScriptReply {
	const database = databaseNumberOf(call.word(2));
	if (typeof database === 'string') throw new CommandError(database);
	return call.runEdit({name: 'move', keys: [call.key(1), keyInDatabase(database, call.word(1))], values: []});
}

function deleteKeys(call: CommandCall): ScriptReply {
	let count = 0n;
	for (const key of keysOf(call)) {
		const result = call.run({type: 'delete', key});
		if (result.type === 'deleted' && result.existed) count += 1n;
	}
	return count;
}

const countExisting = (call: CommandCall): ScriptReply =>
	BigInt(keysOf(call).filter(key => call.get(key).text !== undefined).length);

const incompatible = (which: string): string => `ERR ${which} options at the same time are not compatible`;

function expire(call: CommandCall, form: TimeForm): ScriptReply {
	const options = new Set(call.words.slice(3).map(word => word.toLowerCase()));
	for (const word of call.words.slice(3))
		if (!/^(?:nx|xx|gt|lt)$/i.test(word)) throw new CommandError(`ERR Unsupported option ${word}`);
	if (options.has('nx') && options.size > 1) throw new CommandError(incompatible('NX and XX, GT or LT'));
	if (options.has('gt') && options.has('lt')) throw new CommandError(incompatible('GT and LT'));
	const result = call.run({
		type: 'expire',
		key: call.key(1),
		expiry: call.expiry(2, form, false),
		condition: options.has('nx') ? 'absent' : options.has('xx') ? 'present' : undefined,
		order: options.has('gt') ? 'later' : options.has('lt') ? 'earlier' : undefined,
	});
	return result.type === 'expirySet' && result.isSet ? 1n : 0n;
}

function persist(call: CommandCall): ScriptReply {
	const result = call.run({type: 'expire', key: call.key(1), expiry: 'never'});
	return result.type === 'expirySet' && result.isSet ? 1n : 0n;
}

function timeLeft(call: CommandCall, {unitMs, isAbsolute}: TimeForm): ScriptReply {
	const {text, expiresAt} = call.get(call.key(1));
	if (text === undefined || expiresAt === undefined) return text === undefined ? -2n : -1n;
	const ms = isAbsolute ? expiresAt : Math.max(0, expiresAt - call.now);
	return BigInt(unitMs === 1n ? ms : Math.floor((ms + 500) / 1000));
}

function time(call: CommandCall): ScriptReply {
	const seconds = Math.floor(call.now / 1000);
	const microseconds = (call.now - seconds * 1000) * 1000;
	return {type: 'list', items: [String(seconds), String(microseconds)]};
}

function flush(call: CommandCall): ScriptReply {
	if (call.words.length > 2 || (call.words.length === 2 && !/^a?sync$/i.test(call.word(1))))
		throw new CommandError(syntaxError);
	call.run({type: 'clear', database: call.name === 'flushall' ? 'all' : call.selection.database});
	return ok;
}

function select(call: CommandCall): ScriptReply {
	const database = databaseNumberOf(call.word(1));
	if (typeof database === 'string') throw new CommandError(database);
	call.selection.database = database;
	return ok;
}

const reads = (arity: number, run: ScriptCommand['run']): ScriptCommand => ({arity, isWrite: false, run});
const writes = (arity: number, run: ScriptCommand['run']): ScriptCommand => ({arity, isWrite: true, run});

/** By their names in lower case. */
export const scriptCommands: ReadonlyMap<string, ScriptCommand> = new Map(
	Object.entries({
		get: reads(2, call => call.get(call.key(1)).text),
		mget: reads(-2, call => ({type: 'list', items: keysOf(call).map(key => call.get(key).text)})),
		strlen: reads(2, call => BigInt(call.get(call.key(1)).text?.length ?? 0)),
		getrange: reads(4, getrange),
		substr: reads(4, getrange),
		exists: reads(-2, countExisting),
		touch: reads(-2, countExisting),
		type: reads(2, call => ({type: 'status', text: call.get(call.key(1)).text === undefined ? 'none' : 'string'})),
		ttl: reads(2, call => timeLeft(call, inSeconds)),
		pttl: reads(2, call => timeLeft(call, inMilliseconds)),
		expiretime: reads(2, call => timeLeft(call, atSecond)),
		pexpiretime: reads(2, call => timeLeft(call, atMillisecond)),
		time: reads(1, time),
		ping: reads(-1, call => (call.words.length > 1 ? call.word(1) : {type: 'status', text: 'PONG'})),
		echo: reads(2, call => call.word(1)),
		select: reads(2, select),
		set: writes(-3, set),
		setnx: writes(3, call => {
			const result = call.run({type: 'put', key: call.key(1), value: call.value(2), condition: 'absent'});
			return result.type === 'conditionFailed' ? 0n : 1n;
		}),
		setex: writes(4, setWithTime),
		psetex: writes(4, setWithTime),
		getset: writes(3, call =>
			previousOf(call.run({type: 'put', key: call.key(1), value: call.value(2), returnPrevious: true})),
		),
		getex: writes(-2, getex),
		getdel: writes(2, getdel),
		append: writes(3, append),
		setrange: writes(4, call => call.edit('setrange')),
		incrbyfloat: writes(3, call => call.edit('incrbyfloat')),
		rename: writes(3, call => call.edit('rename')),
		renamenx: writes(3, call => call.edit('renamenx')),
		copy: writes(-3, copy),
		move: writes(3, move),
		swapdb: writes(3, call => call.edit('swapdb')),
		getbit: reads(3, call => bits(call, 'getbit')),
		bitcount: reads(-2, call => bits(call, 'bitcount')),
		bitpos: reads(-3, call => bits(call, 'bitpos')),
		bitfield_ro: reads(-2, bitfieldRead),
		bitfield: writes(-2, call => call.edit('bitfield')),
		setbit: writes(4, call => call.edit('setbit')),
		bitop: writes(-4, call => call.edit('bitop')),
		mset: writes(-3, mset),
		msetnx: writes(-3, mset),
		incr: writes(2, call => incrementBy(call, 1n)),
		decr: writes(2, call => incrementBy(call, -1n)),
		incrby: writes(3, call => incrementBy(call, call.integer(2))),
		decrby: writes(3, decrementBy),
		del: writes(-2, deleteKeys),
		unlink: writes(-2, deleteKeys),
		expire: writes(-3, call => expire(call, inSeconds)),
		pexpire: writes(-3, call => expire(call, inMilliseconds)),
		expireat: writes(-3, call => expire(call, atSecond)),
		pexpireat: writes(-3, call => expire(call, atMillisecond)),
		persist: writes(2, persist),
		flushall: writes(-1, flush),
		flushdb: writes(-1, flush),
	} satisfies Record<string, ScriptCommand>),
);

/** What Redis has, and lets no script call. */
export const notForScripts: ReadonlySet<string> = new Set([
	'multi',
	'exec',
	'discard',
	'watch',
	'unwatch',
	'eval',
	'evalsha',
	'eval_ro',
	'evalsha_ro',
	'script',
	'fcall',
	'fcall_ro',
	'function',
	'subscribe',
	'psubscribe',
	'ssubscribe',
	'unsubscribe',
	'punsubscribe',
	'sunsubscribe',
	'monitor',
	'config',
	'client',
	'auth',
	'hello',
	'quit',
	'reset',
	'debug',
	'shutdown',
	'save',
	'bgsave',
	'wait',
	'cluster',
	'acl',
	'sync',
	'psync',
]);
