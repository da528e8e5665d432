/** Turns plain data to bytes and back (cbor-x, brought by the actors). */
export interface Codec {
	/** Bytes of their own: never a view of a larger buffer. */
	readonly encode: (value: unknown) => Uint8Array;
	/** The same as a view of a larger buffer, for who copies it into place: an array of its own costs as much as the encoding. */
	readonly encodeView: (value: unknown) => Uint8Array;
	/** Throws on anything that `encode` did not make. Byte arrays in the result are of their own, never views of `bytes`. */
	readonly decode: (bytes: Uint8Array) => unknown;
	/** The same, but byte arrays in the result are views of `bytes`, and keep all of it in memory. */
	readonly decodeView: (bytes: Uint8Array) => unknown;
}
