/** The project's one encoding: CBOR (RFC 8949) by cbor-x; what is most frequent by a writer and a reader of our own. */
import type {Codec} from '../../src/base/codec.js';
import {ThreadraftError} from '../../src/base/errors.js';
import {Encoder, setSizeLimits} from './cbor-x.js';
import {arrayLengthMax, PlainReader} from './plain-reader.js';
import {PlainWriter} from './plain-writer.js';

/** The bytes are not what `encode` makes: damage, another version, or a peer that speaks something else. */
export class DecodeError extends ThreadraftError {
	override readonly name = 'DecodeError';
	readonly code = 'ERR_DECODE';
	/** Length of what was to be decoded. */
	readonly byteLength: number;

	constructor(byteLength: number, cause: unknown) {
		const reason = cause instanceof Error ? cause.message : String(cause);
		super(`${byteLength} bytes are not valid CBOR (${reason}): were they cut, or written by another version?`, {cause});
		this.byteLength = byteLength;
	}
}

// An array's announced length is allocated before its elements are read: without a limit, five bytes of junk would
// claim a gigabyte.
setSizeLimits({maxArraySize: arrayLengthMax, maxMapSize: arrayLengthMax, maxObjectSize: arrayLengthMax});

const options = {
	// Records are an extension of CBOR with state between messages: nothing that rests on a disk may depend on that.
	useRecords: false,
	// Lengths of maps in as few bytes as they need.
	variableMapSize: true,
	// Byte strings as CBOR's own major type 2, without a typed-array tag: two bytes less each.
	tagUint8Array: false,
};

const cbor = new Encoder({...options, copyBuffers: true});
const viewingCbor = new Encoder({...options, copyBuffers: false});

const writer = new PlainWriter();
const reader = new PlainReader({copies: true});
const viewingReader = new PlainReader({copies: false});

function decodeWith(plain: PlainReader, decoder: Encoder, bytes: Uint8Array): unknown {
	const value = plain.read(bytes);
	if (value !== undefined) return value;
	try {
		return decoder.decode(bytes);
	} catch (error) {
		throw new DecodeError(bytes.length, error);
	}
}

/** CBOR. Integers up to 64 bits are exact (beyond 2^53 as bigint). */
export const codec: Codec = {
	// cbor-x hands out a view of a block that it shares between messages: posting that to another thread would copy
	// the whole block, and transferring it would empty its neighbours.
	encode: value => writer.write(value) ?? new Uint8Array(cbor.encode(value)),
	// A block of cbor-x is never written to again where a message was: a view stays what it is.
	encodeView: value => writer.write(value) ?? cbor.encode(value),
	decode: bytes => decodeWith(reader, cbor, bytes),
	decodeView: bytes => decodeWith(viewingReader, viewingCbor, bytes),
};
