/** What the connections of one gateway hold in memory, all of them together, and who must go when that is too much. */
export interface MemoryClient {
	/** Bytes that it holds now. */
	readonly memoryBytes: number;
	/** It asked to be dropped last (CLIENT NO-EVICT ON). */
	readonly isDroppedLast: boolean;
	/** Ends it; it lets go of all it holds. */
	evict(): void;
}

export class ClientsMemory {
	readonly #bytesMax: number;
	/** With what each was counted for. */
	readonly #clients = new Map<MemoryClient, number>();
	#bytes = 0;

	constructor(bytesMax: number) {
		this.#bytesMax = bytesMax;
	}

	/** Of all clients, as they were counted last. */
	get bytes(): number {
		return this.#bytes;
	}

	/** Counts what the client holds now. If that is too much for all, evicts those that hold the most, perhaps this one. */
	count(client: MemoryClient): void {
		this.#recount(client);
		if (this.#bytes <= this.#bytesMax) return;
		// Some have been read from since they were counted.
		for (const each of this.#clients.keys()) this.#recount(each);
		while (this.#bytes > this.#bytesMax) {
			const largest = this.#largest();
			if (largest === undefined) return;
			this.remove(largest);
			largest.evict();
		}
	}

	remove(client: MemoryClient): void {
		this.#bytes -= this.#clients.get(client) ?? 0;
		this.#clients.delete(client);
	}

	#recount(client: MemoryClient): void {
		const {memoryBytes} = client;
		this.#bytes += memoryBytes - (this.#clients.get(client) ?? 0);
		this.#clients.set(client, memoryBytes);
	}

	#largest(): MemoryClient | undefined {
		let largest: MemoryClient | undefined;
		for (const client of this.#clients.keys()) {
			if (largest === undefined || this.#goesBefore(client, largest)) largest = client;
		}
		return largest;
	}

	#goesBefore(one: MemoryClient, other: MemoryClient): boolean {
		if (one.isDroppedLast !== other.isDroppedLast) return other.isDroppedLast;
		return (this.#clients.get(one) ?? 0) > (this.#clients.get(other) ?? 0);
	}
}
