/** The times of commands: how they are given, bounded and rounded (t_string.c and expire.c of redis-server 7.0). */
import {int64Max, int64Min} from '../../../src/base/int64.js';
import type {Expiry} from '../../../src/kv/types.js';

/** How a command gives a time: in which unit, and whether it counts from now on or since 1970. */
export interface TimeForm {
	readonly unitMs: 1n | 1000n;
	readonly isAbsolute: boolean;
}

export const inSeconds: TimeForm = {unitMs: 1000n, isAbsolute: false};
export const inMilliseconds: TimeForm = {unitMs: 1n, isAbsolute: false};
export const atSecond: TimeForm = {unitMs: 1000n, isAbsolute: true};
export const atMillisecond: TimeForm = {unitMs: 1n, isAbsolute: true};

export const invalidTime = (name: string): string => `ERR invalid expire time in '${name}' command`;

/**
 * `undefined`: the time is none in milliseconds of 64 bits. A time before now is one: what gets it is gone at once. One beyond
 * 2^53 ms, in the year 287396, is that one.
 */
export function expiryOf(time: bigint, {unitMs, isAbsolute}: TimeForm): Expiry | undefined {
	if (time > int64Max / unitMs || time < int64Min / unitMs) return undefined;
	const ms = time * unitMs;
	// Only for this: what counts from now on counts from the entry of the log that carries it.
	if (!isAbsolute && ms > int64Max - BigInt(Date.now())) return undefined;
	const bounded = ms < 0n ? 0 : Math.min(Number(ms), Number.MAX_SAFE_INTEGER);
	return isAbsolute ? {expiresAt: bounded} : {ttlMs: bounded};
}

/** Rounded, half up. */
export const secondsOf = (ms: number): number => Math.floor((ms + 500) / 1000);
