/** What a script answers: what RESP can carry. */
import {int64OfPlain, isBytes, type Plain, plainOfInt64} from '../../base/plain.js';
import type {ScriptReply} from '../types.js';
import {bytesOf, textOf} from './bytes.js';

/** Lists within each other. */
export const replyDepthMax = 100;

const kinds = ['status', 'error', 'double', 'list', 'set', 'map'] as const;

/**
 *     nothing  null      text    bytes     number  number | bigint     truth  boolean
 *     status   0, text   error   1, text   double  2, number
 *     list     3, [reply, ...]             set     4, [reply, ...]     map    5, [key, value, ...]
 */
export function plainOfReply(reply: ScriptReply): unknown {
	if (reply === undefined) return null;
	if (typeof reply === 'string') return bytesOf(reply);
	if (typeof reply === 'bigint') return plainOfInt64(reply);
	if (typeof reply === 'boolean') return reply;
	const kind = kinds.indexOf(reply.type);
	switch (reply.type) {
		case 'status':
		case 'error':
			return [kind, reply.text];
		case 'double':
			return [kind, reply.value];
		default:
			return [kind, reply.items.map(item => plainOfReply(item))];
	}
}

/** `null`: this is no reply. */
export function parseReply(plain: unknown, depth = 0): ScriptReply | null {
	if (plain === null) return undefined;
	if (isBytes(plain)) return textOf(plain);
	if (typeof plain === 'boolean') return plain;
	if (!Array.isArray(plain)) return int64OfPlain(plain) ?? null;
	const [number, content] = plain as Plain;
	const type = typeof number === 'number' ? kinds[number] : undefined;
	switch (type) {
		case 'status':
		case 'error':
			return typeof content === 'string' ? {type, text: content} : null;
		case 'double':
			return typeof content === 'number' ? {type, value: content} : null;
		case undefined:
			return null;
		default: {
			if (!Array.isArray(content) || depth > replyDepthMax) return null;
			const items = (content as Plain).map(item => parseReply(item, depth + 1));
			return items.some(item => item === null) ? null : {type, items: items as ScriptReply[]};
		}
	}
}

/** What it counts for: its bytes, and something for each part. */
export function bytesOfReply(reply: ScriptReply): number {
	const partBytes = 16;
	if (typeof reply === 'string') return partBytes + reply.length;
	if (typeof reply !== 'object') return partBytes;
	if ('text' in reply) return partBytes + reply.text.length;
	return 'items' in reply ? reply.items.reduce<number>((sum, item) => sum + bytesOfReply(item), partBytes) : partBytes;
}
