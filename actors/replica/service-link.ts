/** The wire between a raft node and its KV server when each has a thread: one port, one message a turn. */
import type {MessagePort} from 'node:worker_threads';

export class ServiceLink<Outgoing, Incoming> {
	readonly #port: MessagePort;
	#batch: Outgoing[] = [];
	#flushing: NodeJS.Immediate | undefined;

	constructor(port: MessagePort, receive: (message: Incoming) => void) {
		this.#port = port;
		port.on('message', (batch: readonly Incoming[]) => {
			for (const message of batch) receive(message);
		});
	}

	send(message: Outgoing): void {
		this.#batch.push(message);
		this.#flushing ??= setImmediate(() => this.flush());
	}

	flush(): void {
		clearImmediate(this.#flushing);
		this.#flushing = undefined;
		if (this.#batch.length === 0) return;
		const batch = this.#batch;
		this.#batch = [];
		this.#port.postMessage(batch);
	}

	close(): void {
		this.flush();
		this.#port.close();
	}
}
