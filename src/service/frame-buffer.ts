/** A snapshot's stream is a row of frames: each a length, u32 little endian, and that many bytes. */
export const lengthBytes = 4;

export function joined(frames: readonly Uint8Array[]): Uint8Array {
	const bytes = new Uint8Array(frames.reduce((sum, frame) => sum + lengthBytes + frame.length, 0));
	const view = new DataView(bytes.buffer);
	let offset = 0;
	for (const frame of frames) {
		view.setUint32(offset, frame.length, true);
		bytes.set(frame, offset + lengthBytes);
		offset += lengthBytes + frame.length;
	}
	return bytes;
}

/** Bytes in, cut anywhere; frames out. */
export class FrameBuffer {
	#parts: Uint8Array[] = [];
	#buffered = 0;
	/** Of the frame whose length is already taken out. */
	#bodyBytes: number | undefined;

	get isEmpty(): boolean {
		return this.#buffered === 0 && this.#bodyBytes === undefined;
	}

	push(data: Uint8Array): void {
		if (data.length > 0) this.#parts.push(data);
		this.#buffered += data.length;
	}

	/** The next frame's body, `undefined` while it is not complete. */
	next(): Uint8Array | undefined {
		if (this.#bodyBytes === undefined) {
			const length = this.#take(lengthBytes);
			if (length === undefined) return undefined;
			this.#bodyBytes = new DataView(length.buffer, length.byteOffset, lengthBytes).getUint32(0, true);
		}
		const body = this.#take(this.#bodyBytes);
		if (body !== undefined) this.#bodyBytes = undefined;
		return body;
	}

	#take(length: number): Uint8Array | undefined {
		if (this.#buffered < length) return undefined;
		this.#buffered -= length;
		const first = this.#parts[0];
		if (first !== undefined && first.length > length) {
			this.#parts[0] = first.subarray(length);
			return first.subarray(0, length);
		}
		const taken = new Uint8Array(length);
		let filled = 0;
		while (filled < length) {
			const part = this.#parts.shift();
			if (part === undefined) break;
			const wanted = part.subarray(0, length - filled);
			taken.set(wanted, filled);
			filled += wanted.length;
			if (wanted.length < part.length) this.#parts.unshift(part.subarray(wanted.length));
		}
		return taken;
	}
}
