/**
 * Tells the changes of keys on channels, as keyspace notifications of Redis 7.0. They are those that the cluster's log makes,
 * whichever port, clerk or lease they come from, and come by one watch for all of the port. As in Redis, each is told at most once: to
 * those who listen then. What the watch could not be told any more is passed over.
 */
import {setTimeout as sleep} from 'node:timers/promises';
import {databaseOf, nameOfKey} from '../../src/kv/database-name.js';
import type {Change, Key, Version} from '../../src/kv/types.js';
import type {Executor} from '../executor.js';
import {Keeping} from '../watch.js';
import type {Channels} from './channels.js';
import {type EventClass, eventSettingOf} from './event-setting.js';

/** How long a server waits for a change before it says that there is none. */
const waitMs = 2000;
/** After a failure it is asked again so much later. */
const pauseMs = 100;

interface KeyspaceEventsOptions {
	/** Is asked for changes. */
	readonly client: Executor;
	readonly channels: Channels;
}

export class KeyspaceEvents {
	readonly #client: Executor;
	readonly #channels: Channels;
	/** Empty: nothing is told. */
	#classes: ReadonlySet<EventClass> = new Set();
	/** They hold from here on. Of changes before, which may be still to be told, those that held then. */
	#from: Version = 0;
	#classesBefore: ReadonlySet<EventClass> = new Set();
	#watch: AbortController | undefined;

	constructor({client, channels}: KeyspaceEventsOptions) {
		this.#client = client;
		this.#channels = channels;
	}

	/** As CONFIG GET tells it. */
	get setting(): string {
		return eventSettingOf(this.#classes);
	}

	/** Tells these events, of what comes after that revision. */
	begin(classes: ReadonlySet<EventClass>, revision: Version): void {
		this.#classesBefore = this.#classes;
		this.#classes = classes;
		this.#from = revision;
		if (this.#watch !== undefined) return;
		this.#watch = new AbortController();
		void this.#follow(revision, this.#watch.signal);
	}

	/** Nothing is told any more. */
	end(): void {
		this.#classes = new Set();
		this.#watch?.abort();
		this.#watch = undefined;
	}

	async #follow(revision: Version, signal: AbortSignal): Promise<void> {
		let after: Version | undefined = revision;
		const keeping = new Keeping();
		while (!signal.aborted) {
			try {
				if (keeping.isDue()) {
					await this.#client.execute({type: 'keepChanges'}, {signal});
					keeping.told();
				}
				const result = await this.#client.execute({type: 'changes', after, waitMs, ofAllDatabases: true}, {signal});
				if (result.type === 'changes') this.#tellAll(result.changes);
				// From the present on.
				after = result.type === 'changes' ? result.revision : undefined;
			} catch {
				// The cluster has no leader now, or this is over.
				await sleep(pauseMs, undefined, {signal}).catch(() => undefined);
			}
		}
	}

	#tellAll(changes: readonly Change[]): void {
		for (const [place, change] of changes.entries()) {
			const classes = change.revision > this.#from ? this.#classes : this.#classesBefore;
			const next = changes[place + 1];
			// Redis makes the new key before it takes the old one away.
			const isPair = change.event === 'rename_from' && next?.event === 'rename_to';
			if (isPair || (change.event === 'move_from' && next?.event === 'move_to'))
				this.#tell(classes, 'n', 'new', next?.key ?? '');
			this.#tellOne(classes, change);
		}
	}

	#tellOne(classes: ReadonlySet<EventClass>, {event, key, isNew, setsDeadline}: Change): void {
		// Of FLUSHALL Redis tells nothing.
		if (event === 'clear') return;
		// A copy takes away what it replaces.
		if ((isNew && event !== 'rename_to' && event !== 'move_to') || event === 'copy_to')
			this.#tell(classes, 'n', 'new', key);
		this.#tell(classes, classOf(event), event, key);
		if (setsDeadline) this.#tell(classes, 'g', 'expire', key);
	}

	#tell(classes: ReadonlySet<EventClass>, eventClass: EventClass, event: string, key: Key): void {
		if (!classes.has(eventClass)) return;
		const database = databaseOf(key);
		const name = nameOfKey(key);
		const publish = (channel: string, message: string): unknown =>
			this.#channels.publish(channel, Buffer.from(message, 'latin1'));
		if (classes.has('K')) publish(`__keyspace@${database}__:${name}`, event);
		if (classes.has('E')) publish(`__keyevent@${database}__:${event}`, name);
	}
}

function classOf(event: Exclude<Change['event'], 'clear'>): EventClass {
	switch (event) {
		case 'expired':
			return 'x';
		case 'del':
		case 'expire':
		case 'persist':
		case 'rename_from':
		case 'rename_to':
		case 'copy_to':
		case 'move_from':
		case 'move_to':
			return 'g';
		case 'set':
		case 'append':
		case 'incrby':
		case 'incrbyfloat':
		case 'setrange':
		case 'setbit':
			return '$';
		default:
			return event satisfies never;
	}
}
