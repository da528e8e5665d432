/**
 * Whose operations go to the service next. All connections share its queue, so who puts a thousand large values into it would
 * make everybody wait behind them: large pieces of work are let in only a few megabytes at a time, each connection in
 * its turn, and small ones pass them by.
 */
import {Queue} from '../../src/base/queue.js';

/** What a connection wants to have under way at once. */
export interface Piece {
	readonly operations: number;
	/** Of requests and, as far as one can tell, of results. */
	readonly bytes: number;
	readonly begin: () => void;
}

export interface LaneLimits {
	/** A piece of more bytes is large. */
	readonly smallBytesMax: number;
	/** Of large pieces under way; one is let in whatever its size. */
	readonly largeBytesMax: number;
	/** Under way; more than a piece has. */
	readonly operationsMax: number;
}

const defaultLaneLimits: LaneLimits = {
	smallBytesMax: 64 * 1024,
	largeBytesMax: 8 * 2 ** 20,
	// Half of what a clerk takes.
	operationsMax: 32_768,
};

export class Lane {
	readonly #limits: LaneLimits;
	readonly #small = new Queue<Piece>();
	readonly #large = new Queue<Piece>();
	#operations = 0;
	#largeBytes = 0;

	constructor(limits: LaneLimits = defaultLaneLimits) {
		this.#limits = limits;
	}

	/** Begins the piece, at once or in its turn. Its owner tells its end by `leave`. */
	enter(piece: Piece): void {
		const queue = this.#isLarge(piece) ? this.#large : this.#small;
		if (queue.length === 0 && this.#hasRoomFor(piece)) this.#begin(piece);
		else queue.push(piece);
	}

	leave(piece: Piece): void {
		this.#operations -= piece.operations;
		if (this.#isLarge(piece)) this.#largeBytes -= piece.bytes;
		this.#beginAllOf(this.#small);
		this.#beginAllOf(this.#large);
	}

	#beginAllOf(queue: Queue<Piece>): void {
		for (let piece = queue.first; piece !== undefined && this.#hasRoomFor(piece); piece = queue.first) {
			queue.shift();
			this.#begin(piece);
		}
	}

	#begin(piece: Piece): void {
		this.#operations += piece.operations;
		if (this.#isLarge(piece)) this.#largeBytes += piece.bytes;
		piece.begin();
	}

	#hasRoomFor(piece: Piece): boolean {
		const {largeBytesMax, operationsMax} = this.#limits;
		if (this.#operations > 0 && this.#operations + piece.operations > operationsMax) return false;
		return !this.#isLarge(piece) || this.#largeBytes === 0 || this.#largeBytes + piece.bytes <= largeBytesMax;
	}

	#isLarge({bytes}: Piece): boolean {
		return bytes > this.#limits.smallBytesMax;
	}
}
