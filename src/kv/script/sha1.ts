/** SHA-1 (FIPS 180-4, section 6.1), by which Redis names scripts. Here, because a machine imports nothing of Node. */
import type {ByteString} from '../types.js';

const rotated = (word: number, by: number): number => (word << by) | (word >>> (32 - by));

/** The text with its end marked, and its length in bits, in blocks of 64 bytes. */
function wordsOf(text: ByteString): DataView {
	const length = Math.ceil((text.length + 9) / 64) * 64;
	const view = new DataView(new ArrayBuffer(length));
	for (let place = 0; place < text.length; place += 1) view.setUint8(place, text.charCodeAt(place));
	view.setUint8(text.length, 0x80);
	view.setBigUint64(length - 8, BigInt(text.length) * 8n);
	return view;
}

function mixed(round: number, b: number, c: number, d: number): number {
	if (round < 20) return ((b & c) | (~b & d)) + 0x5a827999;
	if (round < 40) return (b ^ c ^ d) + 0x6ed9eba1;
	if (round < 60) return ((b & c) | (b & d) | (c & d)) + 0x8f1bbcdc;
	return (b ^ c ^ d) + 0xca62c1d6;
}

/** In 40 hexadecimal digits. */
export function sha1Of(text: ByteString): string {
	const view = wordsOf(text);
	const state = new Int32Array([0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0]);
	const schedule = new Int32Array(80);
	for (let block = 0; block < view.byteLength; block += 64) {
		for (let round = 0; round < 80; round += 1) {
			schedule[round] =
				round < 16
					? view.getInt32(block + round * 4)
					: rotated(
							(schedule[round - 3] as number) ^
								(schedule[round - 8] as number) ^
								(schedule[round - 14] as number) ^
								(schedule[round - 16] as number),
							1,
						);
		}
		let [a, b, c, d, e] = state as unknown as [number, number, number, number, number];
		for (let round = 0; round < 80; round += 1) {
			const next = (rotated(a, 5) + mixed(round, b, c, d) + e + (schedule[round] as number)) | 0;
			[e, d, c, b, a] = [d, c, rotated(b, 30), a, next];
		}
		for (const [place, word] of [a, b, c, d, e].entries()) state[place] = (state[place] as number) + word;
	}
	return [...state].map(word => (word >>> 0).toString(16).padStart(8, '0')).join('');
}
