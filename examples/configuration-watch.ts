/** A configuration that many processes read: each is told of a change, and never of an older one after a newer. */
import {setTimeout as sleep} from 'node:timers/promises';
import type {KeyValueClient} from 'threadraft';

export interface Configured {
	/** Greater with each change; 0: there is none. */
	readonly version: number;
	/** `undefined`: it was deleted, or never written. */
	readonly text: string | undefined;
}

/** The configuration as it is, and then each time that another one is found. It asks every `everyMs`; reads are linearizable. */
export async function* configurations(
	clerk: KeyValueClient,
	key: string,
	{everyMs = 1000, signal}: {readonly everyMs?: number; readonly signal?: AbortSignal | undefined} = {},
): AsyncGenerator<Configured, void> {
	let seen: number | undefined;
	for (;;) {
		if (signal?.aborted === true) return;
		const found = await clerk.get(key);
		const version = found?.version ?? 0;
		if (version !== seen) {
			seen = version;
			yield {version, text: found && new TextDecoder().decode(found.value)};
		} else await sleep(everyMs);
	}
}

/** Changes what it was read as, and nothing that somebody else has changed meanwhile: `false`, then read it again. */
export async function configure(clerk: KeyValueClient, key: string, read: Configured, text: string): Promise<boolean> {
	const {type} = await clerk.compareAndSet(key, {version: read.version}, text);
	return type === 'written';
}
