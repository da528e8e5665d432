import type {ByteString, Value} from '../types.js';

const pieceLength = 8192;

export function bytesOf(text: ByteString): Value {
	const bytes = new Uint8Array(text.length);
	for (let place = 0; place < text.length; place += 1) bytes[place] = text.charCodeAt(place);
	return bytes;
}

export function textOf(bytes: Value): ByteString {
	let text = '';
	for (let from = 0; from < bytes.length; from += pieceLength)
		text += String.fromCharCode(...bytes.subarray(from, from + pieceLength));
	return text;
}

/** Each character as its bytes of UTF-8. */
export function utf8Of(codePoint: number): ByteString {
	if (codePoint < 0x80) return String.fromCharCode(codePoint);
	const following = codePoint < 0x800 ? 1 : codePoint < 0x10000 ? 2 : 3;
	const first = [0, 0xc0, 0xe0, 0xf0][following] as number;
	let text = String.fromCharCode(first | (codePoint >>> (6 * following)));
	for (let shift = following - 1; shift >= 0; shift -= 1)
		text += String.fromCharCode(0x80 | ((codePoint >>> (6 * shift)) & 0x3f));
	return text;
}
