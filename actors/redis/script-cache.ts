/** The scripts that EVALSHA can name: of one port, in memory. After a restart, and at another port, clients send them again. */
import {createHash} from 'node:crypto';

/** As many scripts, and of as many bytes, as are kept: the one that was used last comes last, the first one goes. */
const scriptsMax = 1000;
const bytesMax = 4 * 2 ** 20;

export class ScriptCache {
	readonly #sources = new Map<string, Buffer>();
	#bytes = 0;

	get count(): number {
		return this.#sources.size;
	}

	/** Keeps a copy; returns its name, the SHA-1 in hexadecimal digits. */
	add(source: Buffer): string {
		const sha = createHash('sha1').update(source).digest('hex');
		if (this.get(sha) !== undefined) return sha;
		this.#sources.set(sha, Buffer.from(source));
		this.#bytes += source.length;
		for (const oldest of this.#sources.keys()) {
			if (this.#sources.size <= scriptsMax && this.#bytes <= bytesMax) break;
			this.remove(oldest);
		}
		return sha;
	}

	get(sha: string): Buffer | undefined {
		const source = this.#sources.get(sha);
		if (source !== undefined) {
			this.#sources.delete(sha);
			this.#sources.set(sha, source);
		}
		return source;
	}

	has(sha: string): boolean {
		return this.#sources.has(sha);
	}

	remove(sha: string): void {
		const source = this.#sources.get(sha);
		if (source === undefined) return;
		this.#sources.delete(sha);
		this.#bytes -= source.length;
	}

	clear(): void {
		this.#sources.clear();
		this.#bytes = 0;
	}
}
