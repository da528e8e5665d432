const carriageReturn = 0x0d;
const minus = 0x2d;
const digitZero = 0x30;
/** More digits than any length within the limits has. */
const digitsMax = 10;

/** A line of the protocol that is a type byte and a canonical decimal number. Used again and again: one object for each line would show. */
export class LengthLine {
	/** Of the last line that was complete. */
	length = 0;
	/** Where that line ends, CR LF included. */
	end = 0;

	/** Reads the line that begins at the offset. */
	read(chunk: Buffer, offset: number): 'complete' | 'incomplete' | 'invalid' {
		const isNegative = chunk[offset + 1] === minus;
		const first = offset + (isNegative ? 2 : 1);
		let value = 0;
		let at = first;
		for (; ; at++) {
			const byte = chunk[at];
			if (byte === undefined) return 'incomplete';
			if (byte === carriageReturn) break;
			const digit = byte - digitZero;
			const hasLeadingZero = at > first && value === 0;
			if (digit < 0 || digit > 9 || hasLeadingZero || at - first >= digitsMax) return 'invalid';
			value = value * 10 + digit;
		}
		if (at === first || (isNegative && value === 0)) return 'invalid';
		if (at + 1 >= chunk.length) return 'incomplete';
		this.length = isNegative ? -value : value;
		this.end = at + 2;
		return 'complete';
	}
}
