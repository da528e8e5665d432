/** Who listens to what: the channels, patterns and shard channels of one gateway. Nothing of it goes through the log. */
import {matchesGlob} from './commands/glob.js';
import type {ReplyWriter} from './reply-writer.js';

export type ChannelKind = 'channel' | 'pattern' | 'shardChannel';

/** Writes what nobody has asked for, a message for instance, in the protocol of the writer. */
export type Push = (out: ReplyWriter) => void;

export interface Listener {
	push(push: Push): void;
}

/** A message up to this size is kept as a text, which is written to every subscriber as it is. */
const textBytesMax = 1024;

export class Channels {
	/** No set is empty: the last one who leaves takes the name along. */
	readonly #listeners: Readonly<Record<ChannelKind, Map<string, Set<Listener>>>> = {
		channel: new Map(),
		pattern: new Map(),
		shardChannel: new Map(),
	};

	subscribe(kind: ChannelKind, name: string, listener: Listener): void {
		const names = this.#listeners[kind];
		const listeners = names.get(name);
		if (listeners === undefined) names.set(name, new Set([listener]));
		else listeners.add(listener);
	}

	unsubscribe(kind: ChannelKind, name: string, listener: Listener): void {
		const names = this.#listeners[kind];
		const listeners = names.get(name);
		listeners?.delete(listener);
		if (listeners?.size === 0) names.delete(name);
	}

	/** How many different names of this kind somebody listens to. */
	count(kind: ChannelKind): number {
		return this.#listeners[kind].size;
	}

	/** How many listen to this very name. */
	listenerCount(kind: ChannelKind, name: string): number {
		return this.#listeners[kind].get(name)?.size ?? 0;
	}

	/** The names that somebody listens to. `pattern`: only those that it matches. */
	names(kind: ChannelKind, pattern?: string): readonly string[] {
		const names = [...this.#listeners[kind].keys()];
		return pattern === undefined ? names : names.filter(name => matchesGlob(pattern, name));
	}

	/**
	 * Gives everybody who listens the message, once for the channel and once for each of their patterns that match it. Returns how
	 * often it was given. `message` may be a view: what is kept is a copy.
	 */
	publish(channel: string, message: Buffer): number {
		const content = contentOf(message);
		let count = this.#give('channel', channel, out => {
			beginMessage(out, 3, 'message');
			out.bulk(channel);
			writeContent(out, content);
		});
		for (const pattern of this.#listeners.pattern.keys()) {
			if (!matchesGlob(pattern, channel)) continue;
			count += this.#give('pattern', pattern, out => {
				beginMessage(out, 4, 'pmessage');
				out.bulk(pattern);
				out.bulk(channel);
				writeContent(out, content);
			});
		}
		return count;
	}

	/** The same for a shard channel, which no pattern matches. */
	publishToShard(channel: string, message: Buffer): number {
		const content = contentOf(message);
		return this.#give('shardChannel', channel, out => {
			beginMessage(out, 3, 'smessage');
			out.bulk(channel);
			writeContent(out, content);
		});
	}

	#give(kind: ChannelKind, name: string, push: Push): number {
		const listeners = this.#listeners[kind].get(name);
		if (listeners === undefined) return 0;
		const {size} = listeners;
		// One that is dropped because it reads too slowly leaves meanwhile.
		for (const listener of listeners) listener.push(push);
		return size;
	}
}

function beginMessage(out: ReplyWriter, length: number, type: string): void {
	out.push(length);
	out.bulk(type);
}

type Content = string | Uint8Array;

const contentOf = (message: Buffer): Content =>
	message.length <= textBytesMax ? message.toString('latin1') : new Uint8Array(message);

function writeContent(out: ReplyWriter, content: Content): void {
	if (typeof content === 'string') out.bulk(content);
	else out.value(content);
}
