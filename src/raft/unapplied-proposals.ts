/** Bounds what a leader has taken and its service has not applied yet. */
import type {LogIndex} from './types.js';

interface Proposal {
	readonly lastIndex: LogIndex;
	readonly bytes: number;
}

export class UnappliedProposals {
	readonly #bytesMax: number;
	readonly #proposals: Proposal[] = [];
	#bytes = 0;

	constructor(bytesMax: number) {
		this.#bytesMax = bytesMax;
	}

	/** Whether that many more bytes may wait to be applied. An idle leader takes any single proposal. */
	hasRoomFor(bytes: number): boolean {
		return this.#bytes === 0 || this.#bytes + bytes <= this.#bytesMax;
	}

	add(lastIndex: LogIndex, bytes: number): void {
		this.#proposals.push({lastIndex, bytes});
		this.#bytes += bytes;
	}

	applied(index: LogIndex): void {
		while (this.#proposals[0] !== undefined && this.#proposals[0].lastIndex <= index) {
			this.#bytes -= this.#proposals[0].bytes;
			this.#proposals.shift();
		}
	}
}
