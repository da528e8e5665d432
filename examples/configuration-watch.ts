/** A configuration that many processes read: each is told of every change, in their order, and never of an older one after a newer. */
import {CompactedError, type KeyValueClient} from 'threadraft';

export interface Configured {
	/** Greater with each change; 0: there is none. */
	readonly version: number;
	/** `undefined`: it was deleted, or never written. */
	readonly text: string | undefined;
}

const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

const isAborted = (signal: AbortSignal | undefined): boolean => signal?.aborted === true;

/** The configuration as it is, and then each other one, until the signal is aborted. */
export async function* configurations(
	clerk: KeyValueClient,
	key: string,
	signal?: AbortSignal,
): AsyncGenerator<Configured, void> {
	for (let seen = -1; !isAborted(signal);) {
		let from: number | undefined;
		let found: Configured = {version: 0, text: undefined};
		try {
			for await (const {revision, entries} of clerk.range({prefix: key, signal})) {
				from ??= revision + 1;
				const entry = entries.find(each => textOf(each.key) === key);
				if (entry !== undefined) found = {version: entry.version, text: textOf(entry.value)};
			}
			if (found.version !== seen) yield found;
			seen = found.version;
			for await (const {revision, changes} of clerk.watch({prefix: key, from, signal})) {
				const change = changes.findLast(each => each.type === 'clear' || textOf(each.key) === key);
				if (change === undefined || revision <= seen) continue;
				seen = change.type === 'put' ? revision : 0;
				yield {version: seen, text: change.type === 'put' ? textOf(change.value) : undefined};
			}
		} catch (error) {
			// What came meanwhile is not kept any more: it is read anew.
			if (!(error instanceof CompactedError) && !isAborted(signal)) throw error;
		}
	}
}

/** Changes what it was read as, and nothing that somebody else has changed meanwhile: `false`, then read it again. */
export async function configure(clerk: KeyValueClient, key: string, read: Configured, text: string): Promise<boolean> {
	const {type} = await clerk.compareAndSet(key, {version: read.version}, text);
	return type === 'written';
}
