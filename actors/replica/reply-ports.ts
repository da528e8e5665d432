/**
 * The server's ends of the reply channels. A clerk sends a port with the first request of a channel and uses it again
 * once it has the reply, so a port never serves two log indexes at once, and a new one is rarely needed (a fresh
 * channel for every operation costs more than half of the throughput).
 */
import type {MessagePort} from 'node:worker_threads';
import {NumberMap} from '../../src/base/number-map.js';
import type {ReplyMessage, RequestEnvelope} from '../network/envelope.js';

export class ReplyPorts {
	readonly #ports = new Map<string, MessagePort>();
	/** Requests that wait for a reply. */
	readonly #waiting = new NumberMap<{readonly port: MessagePort; readonly requestId: number}>();
	readonly #abandoned: (replyTo: number) => void;
	#nextReplyTo = 1;

	/** `abandoned`: the clerk has closed the channel of a request that waits. */
	constructor(abandoned: (replyTo: number) => void) {
		this.#abandoned = abandoned;
	}

	/** Binds a request to its channel; `undefined` when the channel is gone, and with it whoever would hear the reply. */
	bind(envelope: RequestEnvelope): number | undefined {
		const key = `${envelope.client}/${envelope.channel}`;
		if (envelope.port !== undefined) this.#add(key, envelope.port);
		const port = this.#ports.get(key);
		if (port === undefined) return undefined;
		const replyTo = this.#nextReplyTo++;
		this.#waiting.set(replyTo, {port, requestId: envelope.requestId});
		return replyTo;
	}

	/** Posts the reply; the channel is free again. */
	reply(replyTo: number, reply: ReplyMessage['reply']): void {
		const waiting = this.#waiting.get(replyTo);
		this.#waiting.delete(replyTo);
		waiting?.port.postMessage({requestId: waiting.requestId, reply} satisfies ReplyMessage);
	}

	close(): void {
		for (const port of this.#ports.values()) port.close();
		this.#ports.clear();
		this.#waiting.clear();
	}

	#add(key: string, port: MessagePort): void {
		this.#ports.get(key)?.close();
		this.#ports.set(key, port);
		// Without a listener a port never tells that its other end has closed.
		port.on('message', () => undefined);
		port.on('close', () => {
			if (this.#ports.get(key) === port) this.#ports.delete(key);
			for (const [replyTo, waiting] of this.#waiting) {
				if (waiting.port !== port) continue;
				this.#waiting.delete(replyTo);
				this.#abandoned(replyTo);
			}
		});
	}
}
