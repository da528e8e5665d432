/** What a connection has queued since MULTI, and the keys that it watches. All of it in the order of its requests. */
import {bytesOfOperation} from '../../src/kv/operation-bytes.js';
import type {Compare, DatabaseNumber, Key, NamedOperation, Part, Result} from '../../src/kv/types.js';
import type {ClientState, ClusterInfo} from './client-state.js';
import type {ReplyWriter} from './reply-writer.js';

/** Of what is queued in one transaction: with the watched keys it must fit into a request of a clerk. */
export const queuedBytesMax = 1.25 * 2 ** 20;
/** Of commands, and of what they ask of the machine: with the watched keys less than a transaction of the machine may have. */
export const queuedCommandsMax = 8192;
/** Of one connection. */
export const watchedKeysMax = 4096;
const watchedBytesMax = 192 * 1024;
/** What a queued command, an operation of it and a watched key hold in memory besides their bytes. */
const itemBytes = 256;

/** Where the replies to the commands of a transaction go, and what they may need to know. */
export interface Conversation {
	readonly out: ReplyWriter;
	readonly clientState: ClientState;
	readonly cluster: ClusterInfo;
}

/** A command that waits for EXEC. */
export interface Queued {
	/** What it asks of the machine. */
	readonly operations: readonly NamedOperation[];
	/** It needs to know how the cluster is. */
	readonly reports: boolean;
	/** `results`: of its operations. */
	readonly reply: (results: readonly Result[], conversation: Conversation) => void;
}

/** Keys that one WATCH named. */
export interface Watch {
	/** What each must still be; `undefined`: it was not read, or could not be. */
	compares: readonly Compare[] | undefined;
}

/** The commands of one EXEC, with what they ask of the machine. */
export class QueuedTransaction {
	readonly #commands: Queued[] = [];
	readonly parts: Part[] = [];
	/** The database that was selected when it was begun. */
	readonly databaseBefore: DatabaseNumber;
	#bytes = 0;
	#isAborted = false;

	constructor(database: DatabaseNumber) {
		this.databaseBefore = database;
	}

	/** A command was refused, so nothing is carried out. */
	get isAborted(): boolean {
		return this.#isAborted;
	}

	/** Whether one of them needs to know how the cluster is. */
	get reports(): boolean {
		return this.#commands.some(({reports}) => reports);
	}

	get commandCount(): number {
		return this.#commands.length;
	}

	get heldBytes(): number {
		return this.#bytes + (this.#commands.length + this.parts.length) * itemBytes;
	}

	abort(): void {
		this.#isAborted = true;
		this.#commands.length = 0;
		this.parts.length = 0;
		this.#bytes = 0;
	}

	/** Whether there was room for it; where there was none, the transaction is aborted. */
	add(command: Queued, requestBytes: number): boolean {
		if (this.#isAborted) return true;
		const {operations} = command;
		this.#bytes += Math.max(
			requestBytes,
			operations.reduce((sum, each) => sum + bytesOfOperation(each), 0),
		);
		this.#commands.push(command);
		this.parts.push(...operations.flatMap(partsOf));
		const fits = this.#commands.length <= queuedCommandsMax && this.parts.length <= queuedCommandsMax;
		if (fits && this.#bytes <= queuedBytesMax) return true;
		this.abort();
		return false;
	}

	/** `results`: of all parts. */
	replyToAll(results: readonly Result[], conversation: Conversation): void {
		conversation.out.array(this.#commands.length);
		let place = 0;
		for (const {operations, reply} of this.#commands) {
			const own: Result[] = [];
			for (const operation of operations) {
				const end = place + partsOf(operation).length;
				const parts = results.slice(place, end);
				own.push(operation.type === 'batch' ? {type: 'batch', results: parts} : (parts[0] as Result));
				place = end;
			}
			reply(own, conversation);
		}
	}
}

/** Of one connection. */
export class Transactions {
	/** Since MULTI. */
	queued: QueuedTransaction | undefined;
	#watches: Watch[] = [];
	#watchedKeys = 0;
	#watchedBytes = 0;

	get heldBytes(): number {
		return this.#watchedBytes + this.#watchedKeys * itemBytes + (this.queued?.heldBytes ?? 0);
	}

	/** MULTI. */
	begin(database: DatabaseNumber): void {
		this.queued = new QueuedTransaction(database);
	}

	/** As on a new connection. */
	reset(): void {
		this.queued = undefined;
		this.unwatch();
	}

	unwatch(): void {
		this.#watches = [];
		this.#watchedKeys = 0;
		this.#watchedBytes = 0;
	}

	/** `undefined`: these are more keys than one transaction can compare. */
	watch(keys: readonly Key[]): Watch | undefined {
		// Characters from U+0080 on take two bytes in a request.
		const bytes = keys.reduce((sum, key) => sum + key.length * 2 + 16, 0);
		const fits = this.#watchedKeys + keys.length <= watchedKeysMax && this.#watchedBytes + bytes <= watchedBytesMax;
		if (!fits) return undefined;
		this.#watchedKeys += keys.length;
		this.#watchedBytes += bytes;
		const watch: Watch = {compares: undefined};
		this.#watches.push(watch);
		return watch;
	}

	/** Ends the transaction, and the watching with it. */
	end(): readonly Watch[] {
		const watches = this.#watches;
		this.reset();
		return watches;
	}
}

/** What WATCH asks of the machine, as one entry of the log: what is there, and to note from there on the changes of what is absent. */
export function watchOperation(keys: readonly Key[]): Extract<NamedOperation, {type: 'transaction'}> {
	return {
		type: 'transaction',
		// Where all are absent, which is common, no value travels.
		compares: keys.map(key => ({key, expected: {version: 0}})),
		operations: [],
		otherwise: keys.map(key => ({type: 'get', key})),
		watched: keys,
	};
}

/** What each of the keys must still be at EXEC, by the answer to `watchOperation`. */
export function comparesOf(
	keys: readonly Key[],
	{revision, results}: Extract<Result, {type: 'transaction'}>,
): readonly Compare[] {
	return keys.map((key, place) => {
		const found = results[place];
		const version = found !== undefined && 'version' in found ? found.version : 0;
		return {key, expected: version === 0 ? {absentSince: revision} : {version}};
	});
}

/** None is a transaction itself, since EXEC and WATCH are not queued, and no command that is has to do with leases or watches. */
function partsOf(operation: NamedOperation): readonly Part[] {
	switch (operation.type) {
		case 'batch':
			return operation.operations;
		case 'transaction':
		case 'lease':
		case 'keepChanges':
			return [];
		default:
			return [operation];
	}
}
