/** A lock at the Redis port, as one writes it with ioredis: it is over by itself when its holder dies, and only its holder gives it back. */
import {randomUUID} from 'node:crypto';
import {setTimeout as sleep} from 'node:timers/promises';
import type {Redis} from 'ioredis';

export interface HeldLock {
	readonly name: string;
	/** Nobody else has the same. */
	readonly owner: string;
}

/** Waits until the lock is free. `ttlMs`: after so long it is free again, whatever its holder does. */
export async function lock(redis: Redis, name: string, ttlMs = 10_000): Promise<HeldLock> {
	const owner = randomUUID();
	for (;;) {
		const holder = await redis.set(name, owner, 'PX', ttlMs, 'NX', 'GET');
		// It is ourselves where ioredis had to send the command again, after a connection that was cut.
		if (holder === null || holder === owner) return {name, owner};
		await sleep(20);
	}
}

const deleteIfHeld = `if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])`;

/** `false`: it was over before, and may be somebody else's. */
export const release = async (redis: Redis, {name, owner}: HeldLock): Promise<boolean> =>
	(await redis.eval(deleteIfHeld, 1, name, owner)) === 1;

const setIfHeld = `if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[2], ARGV[2])
return 1`;

/** Writes what the lock protects, unless it is over: a holder that does not know yet that it has lost it does no harm. */
export const guardedSet = async (redis: Redis, {name, owner}: HeldLock, key: string, value: string): Promise<boolean> =>
	(await redis.eval(setIfHeld, 2, name, key, owner, value)) === 1;
