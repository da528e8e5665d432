/** A configuration at the Redis port, as one writes it with ioredis: who watches it is told of changes, and never of an older one after a newer. */
import {once} from 'node:events';
import type {Redis} from 'ioredis';

const isAborted = (signal: AbortSignal | undefined): boolean => signal?.aborted === true;

/** The configuration as it is, and again after changes, until the signal is aborted; `null`: there is none. `everyMs`: it is read so often in any case. */
export async function* configurations(
	redis: Redis,
	key: string,
	{signal, everyMs = 10_000}: {readonly signal?: AbortSignal; readonly everyMs?: number} = {},
): AsyncGenerator<string | null, void> {
	const subscriber = redis.duplicate();
	// A message only says that there is something to read: those that come while the connection is cut come to nobody.
	let isStale = true;
	const wake = new EventTarget();
	const noteChange = (): void => {
		isStale = true;
		wake.dispatchEvent(new Event('change'));
	};
	subscriber.on('message', noteChange).on('ready', noteChange);
	const timer = setInterval(noteChange, everyMs);
	signal?.addEventListener('abort', noteChange);
	try {
		await subscriber.subscribe(`${key}:changed`);
		for (let seen: string | null | undefined; !isAborted(signal);) {
			if (!isStale) await once(wake, 'change');
			isStale = false;
			const text = await redis.get(key);
			if (text !== seen && !isAborted(signal)) yield text;
			seen = text;
		}
	} finally {
		clearInterval(timer);
		signal?.removeEventListener('abort', noteChange);
		subscriber.disconnect();
	}
}

const setIfRead = `if (redis.call('GET', KEYS[1]) or '') ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2])
return 1`;

/** Changes what it was read as, and nothing that somebody else has changed meanwhile: `false`, then read it again. */
export async function configure(redis: Redis, key: string, read: string | null, text: string): Promise<boolean> {
	if ((await redis.eval(setIfRead, 1, key, read ?? '', text)) !== 1) return false;
	await redis.publish(`${key}:changed`, '');
	return true;
}
