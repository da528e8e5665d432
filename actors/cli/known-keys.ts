/** The keys that were read or written last, for completion. No machine of ours lists its keys by prefix. */

/** Keys. */
const keysMax = 1000;
/** Longer ones are nobody's to complete. Bytes. */
const keyBytesMax = 256;

const nameOf = (key: Uint8Array): string => Buffer.from(key).toString('latin1');

export class KnownKeys {
	/** Each character is a byte; the one seen last stands last. */
	readonly #names = new Set<string>();

	add(key: Uint8Array): void {
		if (key.length > keyBytesMax) return;
		const name = nameOf(key);
		this.#names.delete(name);
		this.#names.add(name);
		const [oldest] = this.#names;
		if (this.#names.size > keysMax && oldest !== undefined) this.#names.delete(oldest);
	}

	remove(key: Uint8Array): void {
		this.#names.delete(nameOf(key));
	}

	/** In the order of their bytes. */
	withPrefix(prefix: Uint8Array, max: number): readonly Uint8Array[] {
		const begin = nameOf(prefix);
		const fitting = [...this.#names].filter(name => name.startsWith(begin)).sort();
		return fitting.slice(0, max).map(name => new Uint8Array(Buffer.from(name, 'latin1')));
	}
}
