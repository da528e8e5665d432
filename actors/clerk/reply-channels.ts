/** The clerk's ends of its reply channels: a pool for each server, one request on a channel at a time. */
import {MessageChannel, type MessagePort} from 'node:worker_threads';
import type {ReplyMessage} from '../network/envelope.js';
import type {NodeId} from '../../src/raft/types.js';

export interface ReplyChannel {
	readonly id: number;
	readonly server: NodeId;
	readonly port: MessagePort;
	/** The request that it waits for. */
	requestId: number | undefined;
}

export interface ReplyChannelEvents {
	readonly reply: (message: ReplyMessage) => void;
	/** The channel closed under this request: the server, or the link to it, is gone. */
	readonly lost: (requestId: number) => void;
}

export class ReplyChannels {
	readonly #events: ReplyChannelEvents;
	readonly #idle = new Map<NodeId, ReplyChannel[]>();
	readonly #all = new Set<ReplyChannel>();
	#nextId = 0;

	constructor(events: ReplyChannelEvents) {
		this.#events = events;
	}

	/** A channel for this request; `port` is the server's end, when the server does not have it yet. */
	acquire(server: NodeId, requestId: number): {readonly channel: number; readonly port: MessagePort | undefined} {
		const idle = this.#idle.get(server)?.pop();
		if (idle !== undefined) {
			idle.requestId = requestId;
			return {channel: idle.id, port: undefined};
		}
		const {port1, port2} = new MessageChannel();
		const channel: ReplyChannel = {id: this.#nextId++, server, port: port1, requestId};
		this.#all.add(channel);
		port1.on('message', (message: ReplyMessage) => this.#received(channel, message));
		port1.on('close', () => this.#closed(channel));
		return {channel: channel.id, port: port2};
	}

	/** Nobody waits for this request any more. A late reply must not meet a later request: the channel is not used again. */
	abandon(requestId: number): void {
		for (const channel of this.#all) {
			if (channel.requestId !== requestId) continue;
			channel.requestId = undefined;
			this.#drop(channel);
		}
	}

	/** Closes all channels to this server; requests that wait on them are lost. */
	reset(server: NodeId): void {
		for (const channel of this.#all) if (channel.server === server) this.#closed(channel);
	}

	close(): void {
		for (const channel of this.#all) this.#drop(channel);
	}

	#received(channel: ReplyChannel, message: ReplyMessage): void {
		if (channel.requestId !== message.requestId) return;
		channel.requestId = undefined;
		const idle = this.#idle.get(channel.server);
		if (idle === undefined) this.#idle.set(channel.server, [channel]);
		else idle.push(channel);
		this.#events.reply(message);
	}

	#closed(channel: ReplyChannel): void {
		if (!this.#all.has(channel)) return;
		const {requestId} = channel;
		channel.requestId = undefined;
		this.#drop(channel);
		if (requestId !== undefined) this.#events.lost(requestId);
	}

	#drop(channel: ReplyChannel): void {
		this.#all.delete(channel);
		const idle = this.#idle.get(channel.server);
		if (idle !== undefined)
			this.#idle.set(
				channel.server,
				idle.filter(other => other !== channel),
			);
		channel.port.removeAllListeners();
		channel.port.close();
	}
}
