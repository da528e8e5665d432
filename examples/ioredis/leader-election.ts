/** An election at the Redis port, as one writes it with ioredis: one candidate leads as long as it renews its key, and then another one. */
import {setTimeout as sleep} from 'node:timers/promises';
import type {Redis} from 'ioredis';

export interface Leadership {
	/** Greater than that of all who led before. */
	readonly term: number;
	/** Aborted when another one may lead. */
	readonly lost: AbortSignal;
	readonly resign: () => Promise<void>;
}

const elect = `if not redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) and redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('INCR', KEYS[2])`;
const renew = `if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])`;
const resign = `if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])`;

/** Resolves when this candidate leads; no two have the same name. `ttlMs`: so long after its death another one does. */
export async function campaign(redis: Redis, election: string, candidate: string, ttlMs = 10_000): Promise<Leadership> {
	let term = 0;
	let heldUntil = 0;
	while (term === 0) {
		heldUntil = performance.now() + ttlMs;
		term = Number(await redis.eval(elect, 2, election, `${election}:term`, candidate, ttlMs));
		if (term === 0) await sleep(20);
	}
	const [lost, ended] = [new AbortController(), new AbortController()];
	const lose = (): void => void (ended.signal.aborted || lost.abort(new Error(`${candidate} may lead no more`)));
	const keep = async (): Promise<void> => {
		for (;;) {
			// Where no answer comes, its time is over by itself.
			const timer = setTimeout(lose, heldUntil - performance.now());
			await sleep(ttlMs / 3, undefined, {signal: ended.signal}).catch(() => undefined);
			if (ended.signal.aborted || lost.signal.aborted) return clearTimeout(timer);
			const askedAt = performance.now();
			const isKept = await redis.eval(renew, 1, election, candidate, ttlMs).catch(() => undefined);
			clearTimeout(timer);
			if (isKept === 0) return lose();
			if (isKept === 1) heldUntil = askedAt + ttlMs;
		}
	};
	void keep();
	return {
		term,
		lost: lost.signal,
		resign: async () => {
			ended.abort();
			await redis.eval(resign, 1, election, candidate);
		},
	};
}

/** Who leads; `null`: nobody. */
export const leaderOf = (redis: Redis, election: string): Promise<string | null> => redis.get(election);
