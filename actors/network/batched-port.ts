/** A port between two threads over which everything that is sent in a turn leaves as one message. */
import type {MessagePort} from 'node:worker_threads';

export interface BatchedPortOptions<Outgoing, Incoming> {
	readonly receive: (message: Incoming) => void;
	/** Ports that must move with a batch. @default none */
	readonly transferOf?: (batch: readonly Outgoing[]) => MessagePort[];
	/** What a batch crosses as, and back; both ends have the same. @default as it is */
	readonly packing?: Packing<Outgoing, Incoming>;
}

interface Packing<Outgoing, Incoming> {
	readonly pack: (batch: readonly Outgoing[]) => unknown;
	readonly unpack: (packed: unknown) => readonly Incoming[];
}

const asItIs: Packing<unknown, never> = {pack: batch => batch, unpack: packed => packed as readonly never[]};

export class BatchedPort<Outgoing, Incoming = Outgoing> {
	readonly #port: MessagePort;
	readonly #transferOf: (batch: readonly Outgoing[]) => MessagePort[];
	readonly #pack: (batch: readonly Outgoing[]) => unknown;
	#batch: Outgoing[] = [];
	#flushing: NodeJS.Immediate | undefined;

	constructor(
		port: MessagePort,
		{receive, transferOf = () => [], packing = asItIs}: BatchedPortOptions<Outgoing, Incoming>,
	) {
		const {pack, unpack} = packing;
		this.#port = port;
		this.#transferOf = transferOf;
		this.#pack = pack;
		port.on('message', (packed: unknown) => {
			for (const message of unpack(packed)) receive(message);
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
		this.#port.postMessage(this.#pack(batch), this.#transferOf(batch));
	}

	close(): void {
		this.flush();
		this.#port.close();
	}
}
