/** Deadlines of keys: asked for, set and removed. */
import type {Operation, Result} from '../../../src/kv/types.js';
import {parseInt64} from '../int64.js';
import type {ReplyWriter} from '../reply-writer.js';
import {
	aboutKey,
	expectResult,
	isThere,
	keyAt,
	notAnInteger,
	oneKey,
	partAt,
	type Plan,
	type RedisCommand,
	refuse,
	textAt,
} from './command.js';
import {quoted} from './quoted.js';
import {
	atMillisecond,
	atSecond,
	expiryOf,
	inMilliseconds,
	inSeconds,
	invalidTime,
	secondsOf,
	type TimeForm,
} from './times.js';

type Conditions = Pick<Extract<Operation, {type: 'expire'}>, 'condition' | 'order'>;

const incompatible = (which: string): string => `ERR ${which} options at the same time are not compatible`;

/** NX, XX, GT and LT behind the time, or the error that they are. */
function conditionsOf(parts: readonly Buffer[]): Conditions | string {
	const given = new Set<string>();
	for (let at = 3; at < parts.length; at++) {
		const option = textAt(parts, at);
		if (!/^(?:nx|xx|gt|lt)$/i.test(option)) return `ERR Unsupported option ${quoted(option, option.length)}`;
		given.add(option.toLowerCase());
	}
	if (given.has('nx') && given.size > 1) return incompatible('NX and XX, GT or LT');
	if (given.has('gt') && given.has('lt')) return incompatible('GT and LT');
	return {
		condition: given.has('nx') ? 'absent' : given.has('xx') ? 'present' : undefined,
		order: given.has('gt') ? 'later' : given.has('lt') ? 'earlier' : undefined,
	};
}

function replyIsSet(out: ReplyWriter, result: Result): void {
	out.integer(expectResult(result, 'expirySet').isSet ? 1 : 0);
}

function planExpire(parts: readonly Buffer[], name: string, form: TimeForm): Plan {
	const conditions = conditionsOf(parts);
	if (typeof conditions === 'string') return refuse(conditions);
	const time = parseInt64(partAt(parts, 2));
	if (time === undefined) return refuse(notAnInteger);
	const expiry = expiryOf(time, form);
	if (expiry === undefined) return refuse(invalidTime(name));
	return {
		type: 'write',
		operation: {type: 'expire', key: keyAt(parts, 1), expiry, ...conditions},
		reply: replyIsSet,
	};
}

/** What is told of a key that is absent, and of one without a deadline. */
const absent = -2;
const never = -1;

function planTime(parts: readonly Buffer[], {unitMs, isAbsolute}: TimeForm): Plan {
	return {
		type: 'read',
		operation: aboutKey(keyAt(parts, 1)),
		reply(out, result) {
			const {expiresAt} = expectResult(result, 'value');
			if (expiresAt === undefined) return out.integer(isThere(result) ? never : absent);
			const ms = isAbsolute ? expiresAt : Math.max(0, expiresAt - Date.now());
			out.integer(unitMs === 1n ? ms : secondsOf(ms));
		},
	};
}

const setting: readonly (readonly [name: string, form: TimeForm, since: string, summary: string])[] = [
	['expire', inSeconds, '1.0.0', 'Set after how many seconds a key is gone'],
	['pexpire', inMilliseconds, '2.6.0', 'Set after how many milliseconds a key is gone'],
	['expireat', atSecond, '1.2.0', 'Set from which Unix time on, in seconds, a key is gone'],
	['pexpireat', atMillisecond, '2.6.0', 'Set from which Unix time on, in milliseconds, a key is gone'],
];

const asking: readonly (readonly [name: string, form: TimeForm, since: string, summary: string])[] = [
	['ttl', inSeconds, '1.0.0', 'Tell after how many seconds a key is gone'],
	['pttl', inMilliseconds, '2.6.0', 'Tell after how many milliseconds a key is gone'],
	['expiretime', atSecond, '7.0.0', 'Tell from which Unix time on, in seconds, a key is gone'],
	['pexpiretime', atMillisecond, '7.0.0', 'Tell from which Unix time on, in milliseconds, a key is gone'],
];

export const expiryCommands: readonly RedisCommand[] = [
	...setting.map(([name, form, first, summary]): RedisCommand => ({
		name,
		group: 'generic',
		keys: oneKey,
		arity: -3,
		flags: ['write', 'fast'],
		summary,
		since: first,
		plan: parts => planExpire(parts, name, form),
	})),
	...asking.map(([name, form, first, summary]): RedisCommand => ({
		name,
		group: 'generic',
		keys: oneKey,
		arity: 2,
		flags: ['readonly', 'fast'],
		summary,
		since: first,
		plan: parts => planTime(parts, form),
	})),
	{
		name: 'persist',
		group: 'generic',
		keys: oneKey,
		arity: 2,
		flags: ['write', 'fast'],
		summary: 'Remove the deadline of a key',
		since: '2.2.0',
		plan: parts => ({
			type: 'write',
			operation: {type: 'expire', key: keyAt(parts, 1), expiry: 'never'},
			reply: replyIsSet,
		}),
	},
];
