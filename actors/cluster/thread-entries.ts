/** Which files the threads of a node begin with. A bundler moves this code away from them, so they can be named. */
import {existsSync} from 'node:fs';
import path from 'node:path';
import {fileURLToPath, pathToFileURL} from 'node:url';
import {ThreadError} from './errors.js';

/** The files that threads begin with, for a program that a bundler made. Those not given are the package’s own. */
export interface ThreadEntries {
	/** The thread of a Raft node: `threadraft/workers/replica`, or a bundle of it. A path, or a URL of a file. */
	readonly replica?: string | URL;
	/** The thread of a KV server, with `kvThread`: `threadraft/workers/kv-server`, or a bundle of it. */
	readonly kvServer?: string | URL;
}

/** Webpack would copy the file alone, without what it imports, and rename it: it is asked to leave these two alone. */
const ownEntries = {
	replica: new URL(/* webpackIgnore: true */ '../../workers/replica.js', import.meta.url),
	kvServer: new URL(/* webpackIgnore: true */ '../../workers/kv-server.js', import.meta.url),
};

const exported = {replica: 'threadraft/workers/replica', kvServer: 'threadraft/workers/kv-server'} as const;

/** A cluster's, each of them there. */
export interface ResolvedThreadEntries {
	readonly replica: URL;
	/** `undefined` where the KV server has no thread of its own. */
	readonly kvServer: URL | undefined;
}

/** Throws a `ThreadError` for a file that is not there. */
export function resolveThreadEntries(entries: ThreadEntries, kvThread: boolean): ResolvedThreadEntries {
	return {
		replica: threadEntry('replica', entries),
		kvServer: kvThread ? threadEntry('kvServer', entries) : undefined,
	};
}

function threadEntry(name: keyof ThreadEntries, entries: ThreadEntries): URL {
	const given = entries[name];
	const entry = given === undefined ? ownEntries[name] : urlOf(given);
	if (entry.protocol === 'file:' && !existsSync(fileURLToPath(entry))) throw missing(name, entry);
	return entry;
}

/** Of a path, or of the text of a `file:` URL, too. */
export function urlOf(given: string | URL): URL {
	if (given instanceof URL) return given;
	return given.startsWith('file:') ? new URL(given) : pathToFileURL(path.resolve(given));
}

function missing(name: keyof ThreadEntries, entry: URL): ThreadError {
	return new ThreadError(
		'ERR_THREAD_ENTRY_MISSING',
		`a thread of the cluster would begin with ${entry.href}, and there is no such file. If a bundler made this program, ` +
			`keep the package "threadraft" out of the bundle; or bundle ${exported[name]} as an entry of its own, ` +
			`and say where it is: Cluster.start({threads: {${name}: ...}})`,
	);
}
