/** A thread's one port to the router. What a turn sends leaves as one message. */
import type {MessagePort} from 'node:worker_threads';
import {type Envelope, portsOf, type RouterBatch} from './envelope.js';

export class RouterLink {
	readonly #port: MessagePort;
	#batch: Envelope[] = [];
	#flushing: NodeJS.Immediate | undefined;

	constructor(port: MessagePort, deliver: (envelope: Envelope) => void) {
		this.#port = port;
		port.on('message', (batch: RouterBatch) => {
			for (const envelope of batch) deliver(envelope);
		});
	}

	send(envelope: Envelope): void {
		this.#batch.push(envelope);
		this.#flushing ??= setImmediate(() => this.flush());
	}

	/** Posts what was sent since the last time; at the latest this happens at the end of the turn. */
	flush(): void {
		clearImmediate(this.#flushing);
		this.#flushing = undefined;
		if (this.#batch.length === 0) return;
		const batch = this.#batch;
		this.#batch = [];
		this.#port.postMessage(batch, portsOf(batch));
	}

	close(): void {
		this.flush();
		this.#port.close();
	}
}
