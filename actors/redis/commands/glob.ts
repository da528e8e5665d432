/**
 * Whether a pattern of `*` (anything), `?` (any one character) and plain characters matches all of a text. No regular
 * expression: a client's pattern must not make it backtrack for long. This goes back to the last `*` only.
 */
export function matchesGlob(pattern: string, text: string): boolean {
	let inPattern = 0;
	let inText = 0;
	let star = -1;
	let starText = 0;
	while (inText < text.length) {
		const wanted = pattern[inPattern];
		if (wanted === '*') {
			star = inPattern++;
			starText = inText;
		} else if (wanted === '?' || wanted === text[inText]) {
			inPattern++;
			inText++;
		} else if (star === -1) {
			return false;
		} else {
			inPattern = star + 1;
			inText = ++starText;
		}
	}
	while (pattern[inPattern] === '*') inPattern++;
	return inPattern === pattern.length;
}
