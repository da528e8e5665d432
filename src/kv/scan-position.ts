/**
 * Where a key stands among all others for those who read them part by part: a number that follows from the key's hash alone. So
 * it is the same on every replica and in every state, however large its tables are.
 *
 *     position  number of the shard, 8 bits | the 20 bits by which the shard's table spreads its keys, the lowest first
 *
 * A table of 2^k slots goes by the lowest k of the 20 bits. With the lowest first, all keys that share a slot's number stand
 * together, whatever k is: a table that grows divides each of its runs of positions in two, and mixes none.
 */
import type {ScanPosition} from './types.js';

/** Shards of a store. A million keys make 3906 a shard, whose table is copied in ten microseconds. */
export const shardCount = 256;

const spreadBits = 20;
const positionsOfShard = 2 ** spreadBits;

/** All positions are before it. */
export const scanEnd: ScanPosition = shardCount * positionsOfShard;

export const shardNumberOf = (hash: number): number => (hash ^ (hash >>> 16)) & (shardCount - 1);

/** The bits by which a table spreads its keys; the store chose the shard by other bits of the hash. */
export const spreadOf = (hash: number): number => Math.imul(hash, 0x9e3779b1) >>> (32 - spreadBits);

export function positionOf(hash: number): ScanPosition {
	return shardNumberOf(hash) * positionsOfShard + reversed(spreadOf(hash));
}

/** The shard that has this position. */
export const shardAt = (position: ScanPosition): number => Math.floor(position / positionsOfShard);

/** The first position of a shard. */
export const firstOfShard = (shard: number): ScanPosition => shard * positionsOfShard;

/** In a table of so many slots, which has `position`: the number of the slot, and the first position that the slot does not have. */
export function slotAt(position: ScanPosition, slotCount: number): {readonly slot: number; readonly end: ScanPosition} {
	const width = Math.max(1, positionsOfShard / slotCount);
	const slot = reversed(position % positionsOfShard) & (slotCount - 1);
	return {slot, end: (Math.floor(position / width) + 1) * width};
}

/** The 20 bits in the opposite order. */
function reversed(bits: number): number {
	let rest = bits;
	let result = 0;
	for (let bit = 0; bit < spreadBits; bit += 1) {
		result = (result << 1) | (rest & 1);
		rest >>>= 1;
	}
	return result;
}
