/** How gRPC puts a message into an HTTP/2 stream, and what its trailers say. */
import type {IncomingHttpHeaders} from 'node:http2';

/** A flag (0: not compressed), then the length of the message in 4 bytes. */
const prefixBytes = 5;

export function frame(message: Uint8Array): Buffer {
	const framed = Buffer.allocUnsafe(prefixBytes + message.length);
	framed.writeUInt8(0, 0);
	framed.writeUInt32BE(message.length, 1);
	framed.set(message, prefixBytes);
	return framed;
}

/** Of the first message in these bytes, with what stands before it; `undefined`: it cannot be told yet. */
export function lengthOfFrame(received: Buffer): number | undefined {
	return received.length < prefixBytes ? undefined : prefixBytes + received.readUInt32BE(1);
}

/** The one message of an answer; `undefined`: these bytes are not just that. */
export function unframe(received: Buffer): Uint8Array | undefined {
	if (received.length < prefixBytes || received.readUInt8(0) !== 0) return undefined;
	return received.readUInt32BE(1) === received.length - prefixBytes ? received.subarray(prefixBytes) : undefined;
}

/** How a call ended, as the server says. 0: it was carried out. */
export interface Status {
	readonly code: number;
	readonly message: string;
}

/** Of headers or trailers; `undefined`: they do not say. */
export function statusOf(headers: IncomingHttpHeaders): Status | undefined {
	const code = headers['grpc-status'];
	if (typeof code !== 'string') return undefined;
	const message = headers['grpc-message'];
	return {code: Number(code), message: typeof message === 'string' ? unescape(message) : ''};
}

/** The message is percent-encoded UTF-8; one that is not is told as it is. */
function unescape(escaped: string): string {
	try {
		return decodeURIComponent(escaped);
	} catch {
		return escaped;
	}
}
