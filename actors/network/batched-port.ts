/** A port between two threads over which everything that is sent in a turn leaves as one message, an array. */
import type {MessagePort} from 'node:worker_threads';

export interface BatchedPortOptions<Outgoing, Incoming> {
	readonly receive: (message: Incoming) => void;
	/** Ports that must move with a batch. @default none */
	readonly transferOf?: (batch: readonly Outgoing[]) => MessagePort[];
}

export class BatchedPort<Outgoing, Incoming = Outgoing> {
	readonly #port: MessagePort;
	readonly #transferOf: (batch: readonly Outgoing[]) => MessagePort[];
	#batch: Outgoing[] = [];
	#flushing: NodeJS.Immediate | undefined;

	constructor(port: MessagePort, {receive, transferOf = () => []}: BatchedPortOptions<Outgoing, Incoming>) {
		this.#port = port;
		this.#transferOf = transferOf;
		port.on('message', (batch: readonly Incoming[]) => {
			for (const message of batch) receive(message);
		});
	}

	send(message: Outgoing): void {
		this.#batch.push(message);
		this.#flushing ??= setImmediate(() => this.flush());
	}

	/** Posts what was sent since the last time; at the latest this happens in the next turn. */
	flush(): void {
		clearImmediate(this.#flushing);
		this.#flushing = undefined;
		if (this.#batch.length === 0) return;
		const batch = this.#batch;
		this.#batch = [];
		this.#port.postMessage(batch, this.#transferOf(batch));
	}

	close(): void {
		this.flush();
		this.#port.close();
	}
}
