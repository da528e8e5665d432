/**
 * Descriptors that a disk keeps for itself. A process may open so many files and no more, and connections take what
 * they get; the log must still be able to begin its next segment. So some files are open that nobody needs, and when no
 * descriptor is left, one of them gives way.
 */
import * as fs from 'node:fs';
import {codeOf} from './error-code.js';

export class SpareDescriptors {
	readonly #path: string;
	readonly #count: number;
	readonly #spares: number[] = [];
	#isClosed = false;

	/** `path`: of what may be open several times, as a directory. */
	constructor(path: string, count: number) {
		this.#path = path;
		this.#count = count;
		this.refill();
	}

	/** Does what opens a file, for which a spare gives way where there is no other descriptor. */
	use<Result>(open: () => Result): Result {
		for (;;) {
			try {
				return open();
			} catch (error) {
				// Another thread may take the descriptor that comes free: then the next spare has its turn.
				const spare = isOutOfDescriptors(error) ? this.#spares.pop() : undefined;
				if (spare === undefined) throw error;
				fs.closeSync(spare);
			}
		}
	}

	/** To be called when a descriptor has come free: takes back what gave way, as far as there is any. */
	refill(): void {
		try {
			while (!this.#isClosed && this.#spares.length < this.#count) this.#spares.push(fs.openSync(this.#path, 'r'));
		} catch (error) {
			if (!isOutOfDescriptors(error)) throw error;
		}
	}

	close(): void {
		this.#isClosed = true;
		for (const spare of this.#spares.splice(0)) fs.closeSync(spare);
	}
}

/** None in the process, or none in the machine. */
export const isOutOfDescriptors = (error: unknown): boolean => ['EMFILE', 'ENFILE'].includes(codeOf(error) ?? '');
