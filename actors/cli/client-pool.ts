import type {KeyValueClient} from '../key-value-client.js';

/**
 * The clients of one user: one for each operation that is under way. An operation that the user gives up ends its client, as a
 * process ends in a test of Jepsen: a client that went on could carry the operation out long after the user was told that it
 * was cancelled, behind later ones.
 */
export class ClientPool {
	readonly #open: () => KeyValueClient | Promise<KeyValueClient>;
	readonly #idle: KeyValueClient[] = [];
	readonly #busy = new Set<KeyValueClient>();
	#isClosed = false;

	constructor(open: () => KeyValueClient | Promise<KeyValueClient>) {
		this.#open = open;
	}

	/** Rejects when `work` does, also because the signal was aborted. */
	async use<T>(signal: AbortSignal, work: (client: KeyValueClient) => Promise<T>): Promise<T> {
		const client = this.#idle.pop() ?? (await this.#open());
		this.#busy.add(client);
		const giveUp = (): void => void client.close();
		signal.addEventListener('abort', giveUp);
		if (signal.aborted || this.#isClosed) giveUp();
		try {
			return await work(client);
		} finally {
			signal.removeEventListener('abort', giveUp);
			this.#busy.delete(client);
			if (!signal.aborted && !this.#isClosed) this.#idle.push(client);
		}
	}

	/** Ends what is under way. */
	async close(): Promise<void> {
		this.#isClosed = true;
		await Promise.all([...this.#idle, ...this.#busy].map(async client => client.close()));
	}
}
