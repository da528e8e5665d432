import {type ChannelKind, type Channels, type Listener, type Push} from './channels.js';
import type {Monitors} from './monitors.js';
import {ReplyWriter} from './reply-writer.js';

/** About what a name takes in the two sets that it is in. */
const nameOverheadBytes = 128;

/** What one connection listens to, and what has come for it. */
export class Subscriber implements Listener {
	readonly #channels: Channels;
	readonly #monitors: Monitors;
	/** It is shown the commands of all connections. */
	isMonitor = false;
	readonly #names: Readonly<Record<ChannelKind, Set<string>>> = {
		channel: new Set(),
		pattern: new Set(),
		shardChannel: new Set(),
	};
	/** What came when it could not be written: in the middle of a long reply. */
	readonly #held = new ReplyWriter();
	/** In all three sets. */
	#nameCount = 0;
	#nameBytes = 0;
	#deliver: (push: Push) => void = () => undefined;

	constructor(channels: Channels, monitors: Monitors) {
		this.#channels = channels;
		this.#monitors = monitors;
	}

	/** From now on `deliver` gets what comes. It writes it at once, or gives it to `hold`. */
	start(deliver: (push: Push) => void): void {
		this.#deliver = deliver;
	}

	get isSubscribed(): boolean {
		return this.#nameCount > 0;
	}

	/** Something comes for it that it does not ask for each time. */
	get isListening(): boolean {
		return this.isMonitor || this.isSubscribed;
	}

	/** Of the names that it listens to and of what is held. */
	get memoryBytes(): number {
		return this.#nameBytes + this.#held.length;
	}

	/** Of what is held. */
	get heldBytes(): number {
		return this.#held.length;
	}

	/** What it listens to, in the order in which it began to. */
	names(kind: ChannelKind): ReadonlySet<string> {
		return this.#names[kind];
	}

	/** What a reply to SUBSCRIBE and the like tells: shard channels are counted by themselves. */
	count(kind: ChannelKind): number {
		const {channel, pattern, shardChannel} = this.#names;
		return kind === 'shardChannel' ? shardChannel.size : channel.size + pattern.size;
	}

	subscribe(kind: ChannelKind, name: string): void {
		const names = this.#names[kind];
		if (names.has(name)) return;
		names.add(name);
		this.#nameCount += 1;
		this.#nameBytes += name.length + nameOverheadBytes;
		this.#channels.subscribe(kind, name, this);
	}

	unsubscribe(kind: ChannelKind, name: string): void {
		if (!this.#names[kind].delete(name)) return;
		this.#nameCount -= 1;
		this.#nameBytes -= name.length + nameOverheadBytes;
		this.#channels.unsubscribe(kind, name, this);
	}

	/** From now on it is shown the commands of all connections. */
	monitor(): void {
		this.isMonitor = true;
		this.#monitors.add(this);
	}

	/** As after RESET, and when the connection has ended. */
	leave(): void {
		this.isMonitor = false;
		this.#monitors.remove(this);
		for (const [kind, names] of Object.entries(this.#names)) {
			for (const name of names) this.unsubscribe(kind as ChannelKind, name);
		}
	}

	push(push: Push): void {
		this.#deliver(push);
	}

	/** Keeps it until `release`. */
	hold(push: Push, {protocol}: ReplyWriter): void {
		this.#held.protocol = protocol;
		push(this.#held);
	}

	/** Writes what was held. */
	release(out: ReplyWriter): void {
		if (this.#held.length > 0) this.#held.moveTo(out);
	}
}
