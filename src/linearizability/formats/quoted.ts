/**
 * Where the string that begins at `start` ends, its quote included; -1: it does not. By hand: a regular expression needs stack for
 * each escape, and values can be of many megabytes.
 */
export function endOfString(text: string, start: number): number {
	for (let quote = text.indexOf('"', start + 1); quote >= 0; quote = text.indexOf('"', quote + 1)) {
		let before = quote - 1;
		while (text[before] === '\\') before--;
		// Backslashes in pairs stand for themselves.
		if ((quote - before) % 2 === 1) return quote + 1;
	}
	return -1;
}
