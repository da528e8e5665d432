/** Commands about all keys: SCAN, KEYS, DBSIZE, RANDOMKEY. */
import {assert} from '../../../src/base/errors.js';
import {scanEnd} from '../../../src/kv/scan-position.js';
import type {Key, ReadOperation, Result} from '../../../src/kv/types.js';
import {parseInt64} from '../int64.js';
import type {ReplyWriter} from '../reply-writer.js';
import {
	type RedisCommand,
	expectResult,
	notAnInteger,
	partAt,
	type Plan,
	refuse,
	syntaxError,
	textAt,
} from './command.js';
import {literalPrefix, matchesGlob} from './glob.js';

type Scan = Extract<ReadOperation, {type: 'scan'}>;

interface ScanOptions {
	readonly count: number;
	readonly pattern: string;
	/** A key is of this type, or not shown. */
	readonly isString: boolean;
}

const defaultScanCount = 10;
/** What the service looks at for one answer is no more. */
const scanCountMax = 16_384;
/** Of the keys in a reply to KEYS. */
const keysReplyBytesMax = 16 * 2 ** 20;
const keyOverheadBytes = 32;
/** RANDOMKEY takes one of about so many neighbours. */
const drawnFrom = 16;

const everyKey = '*';

/** Redis' number of 64 bits (db.c, parseScanCursorOrReply); `undefined`: it is none. */
function parseCursor(text: string): number | undefined {
	const cursor = /^([-+]?)([0-9]+)$/.exec(text);
	if (text === '') return 0;
	if (cursor === null) return undefined;
	const magnitude = BigInt(cursor[2] ?? '0');
	if (magnitude >= 2n ** 64n) return undefined;
	const value = cursor[1] === '-' ? BigInt.asUintN(64, -magnitude) : magnitude;
	// Of a cursor that no answer has named, what fits: it begins somewhere, as in Redis.
	return Number(value % BigInt(scanEnd));
}

/** Those behind the cursor, or the error that they are. */
function scanOptions(parts: readonly Buffer[]): ScanOptions | string {
	let count = defaultScanCount;
	let pattern = everyKey;
	let isString = true;
	for (let at = 2; at < parts.length; at += 2) {
		const option = textAt(parts, at).toLowerCase();
		if (at + 1 === parts.length) return syntaxError;
		if (option === 'count') {
			const asked = parseInt64(partAt(parts, at + 1));
			if (asked === undefined) return notAnInteger;
			if (asked < 1n) return syntaxError;
			count = Number(asked);
		} else if (option === 'match') pattern = textAt(parts, at + 1);
		else if (option === 'type') isString = textAt(parts, at + 1).toLowerCase() === 'string';
		else return syntaxError;
	}
	return {count, pattern, isString};
}

const matches = (pattern: string, key: Key): boolean => pattern === everyKey || matchesGlob(pattern, key);

function planScan(parts: readonly Buffer[]): Plan {
	const from = parseCursor(textAt(parts, 1));
	if (from === undefined) return refuse('ERR invalid cursor');
	const options = scanOptions(parts);
	if (typeof options === 'string') return refuse(options);
	const {count, pattern, isString} = options;
	const lookedAtMax = Math.min(count, scanCountMax);
	return {
		type: 'read',
		operation: {type: 'scan', from, prefix: literalPrefix(pattern), lookedAtMax},
		reply(out, result) {
			const {keys, next} = expectResult(result, 'keys');
			const shown = isString ? keys.filter(key => matches(pattern, key)) : [];
			out.array(2);
			out.bulk(String(next ?? 0));
			replyKeys(out, shown);
		},
	};
}

function replyKeys(out: ReplyWriter, keys: readonly Key[]): void {
	out.array(keys.length);
	for (const key of keys) out.bulk(key);
}

function expectFirst(result: Result | undefined): Extract<Result, {type: 'keys'}> {
	assert(result !== undefined, 'a step of one operation has one result');
	return expectResult(result, 'keys');
}

/** In parts, so that it holds up nobody: each is a linearizable read of its own. */
function planKeys(parts: readonly Buffer[]): Plan {
	const pattern = textAt(parts, 1);
	const prefix = literalPrefix(pattern);
	const found: Key[] = [];
	let bytes = 0;
	const from = (position: number): Scan => ({type: 'scan', from: position, prefix, lookedAtMax: scanCountMax});
	return {
		type: 'walk',
		first: [from(0)],
		heldBytes: () => bytes,
		take([result]) {
			const {keys, next} = expectFirst(result);
			for (const key of keys) {
				if (!matches(pattern, key)) continue;
				found.push(key);
				bytes += key.length + keyOverheadBytes;
			}
			return next === undefined || bytes > keysReplyBytesMax ? undefined : [from(next)];
		},
		reply(out) {
			if (bytes <= keysReplyBytesMax) replyKeys(out, found);
			else out.error(`ERR the reply has more than the ${keysReplyBytesMax} bytes that are allowed: use SCAN`);
		},
	};
}

/** One of the keys behind a place that is drawn, from there to the end and then from the beginning. Of few keys, one of all. */
function planRandomkey(): Plan {
	const start = Math.floor(Math.random() * scanEnd);
	const neighbours: Key[] = [];
	let isAround = false;
	return {
		type: 'walk',
		first: [{type: 'scan', from: start, lookedAtMax: drawnFrom}],
		heldBytes: () => 0,
		take([result]) {
			const {keys, next} = expectFirst(result);
			neighbours.push(...keys);
			if (neighbours.length >= drawnFrom || (next === undefined && isAround)) return undefined;
			isAround ||= next === undefined;
			return [{type: 'scan', from: next ?? 0, to: isAround ? start : undefined, lookedAtMax: drawnFrom}];
		},
		reply(out) {
			const drawn = neighbours[Math.floor(Math.random() * neighbours.length)];
			if (drawn === undefined) out.null();
			else out.bulk(drawn);
		},
	};
}

const replyCount = (out: ReplyWriter, result: Result): void => out.integer(expectResult(result, 'count').count);

const common = {
	flags: ['readonly'],
	group: 'generic',
	usesData: true,
	refusalInTransaction: 'it reads all keys, which takes longer than one entry of the log may',
} as const;

export const keyspaceCommands: readonly RedisCommand[] = [
	{...common, name: 'scan', arity: -2, since: '2.8.0', summary: 'Iterate over the keys', plan: planScan},
	{...common, name: 'keys', arity: 2, since: '1.0.0', summary: 'Find all keys that match a pattern', plan: planKeys},
	{...common, name: 'randomkey', arity: 1, since: '1.0.0', summary: 'Return a key at random', plan: planRandomkey},
	{
		...common,
		name: 'dbsize',
		arity: 1,
		flags: ['readonly', 'fast'],
		group: 'server',
		since: '1.0.0',
		summary: 'Count the keys',
		plan: () => ({type: 'read', operation: {type: 'count'}, reply: replyCount}),
	},
];
