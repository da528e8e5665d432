/** A piece up to this size is copied to those beside it: as a view it would keep the whole chunk that it came in. */
const copiedBytesMax = 4096;
const firstCopyBytes = 512;
const copyBytesMax = 16 * 1024;

/** The bytes of a request that arrives in several chunks, each as it came. They take little more memory than their number. */
export class RequestPieces {
	#pieces: Buffer[] = [];
	/** Small pieces, one behind the other, that are not among the pieces yet. */
	#copies: Buffer | undefined;
	#copied = 0;
	#bytes = 0;

	/** Bytes of all pieces. */
	get byteLength(): number {
		return this.#bytes;
	}

	add(piece: Buffer): void {
		if (piece.length === 0) return;
		this.#bytes += piece.length;
		if (piece.length > copiedBytesMax) {
			this.#endCopies();
			this.#pieces.push(piece);
			return;
		}
		if (this.#copied + piece.length > copyBytesMax) this.#endCopies();
		this.#copied += piece.copy(this.#room(piece.length), this.#copied);
	}

	/** The buffer of the copies, with room for so many bytes more. */
	#room(bytes: number): Buffer {
		const needed = this.#copied + bytes;
		if (this.#copies !== undefined && needed <= this.#copies.length) return this.#copies;
		const size = Math.min(copyBytesMax, Math.max(firstCopyBytes, needed * 2));
		const grown = Buffer.allocUnsafeSlow(size);
		this.#copies?.copy(grown, 0, 0, this.#copied);
		this.#copies = grown;
		return grown;
	}

	/** Forgets them. */
	clear(): void {
		this.#pieces = [];
		this.#copies = undefined;
		this.#copied = 0;
		this.#bytes = 0;
	}

	/** All of them as one. */
	join(): Buffer {
		this.#endCopies();
		const [only] = this.#pieces;
		return only !== undefined && this.#pieces.length === 1 ? only : Buffer.concat(this.#pieces, this.#bytes);
	}

	#endCopies(): void {
		if (this.#copied === 0 || this.#copies === undefined) return;
		this.#pieces.push(Buffer.from(this.#copies.subarray(0, this.#copied)));
		this.#copied = 0;
	}
}
