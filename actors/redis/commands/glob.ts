/**
 * Redis' patterns (util.c, stringmatchlen): `*` anything, `?` any one character, `[a-c]` and `[^x]` one of a class, `\` before
 * what is meant literally. No regular expression: a client's pattern must not make it backtrack for long. This goes back to the
 * last `*` only.
 */
export function matchesGlob(pattern: string, text: string): boolean {
	// As Redis has it: its loop is not entered for nothing, so not even `*` matches.
	if (text === '') return pattern === '';
	let inPattern = 0;
	let inText = 0;
	let star = -1;
	let starText = 0;
	while (inText < text.length) {
		const wanted = pattern[inPattern];
		if (wanted === '*') {
			star = inPattern++;
			starText = inText;
			continue;
		}
		const behind = wanted === undefined ? -1 : behindMatch(pattern, inPattern, text.charCodeAt(inText));
		if (behind >= 0) {
			inPattern = behind;
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

/** What every text begins with that the pattern matches. */
export function literalPrefix(pattern: string): string {
	return /^[^*?[\\]*/.exec(pattern)?.[0] ?? '';
}

/** Where the pattern goes on behind what stands for one character there; -1 where it does not match this one. */
function behindMatch(pattern: string, at: number, character: number): number {
	switch (pattern[at]) {
		case '?':
			return at + 1;
		case '[':
			return behindClass(pattern, at + 1, character);
		case '\\': {
			const literal = at + 1 < pattern.length ? at + 1 : at;
			return pattern.charCodeAt(literal) === character ? literal + 1 : -1;
		}
		default:
			return pattern.charCodeAt(at) === character ? at + 1 : -1;
	}
}

/** A class that nobody ends goes up to the end of the pattern. */
function behindClass(pattern: string, from: number, character: number): number {
	const isNegated = pattern[from] === '^';
	let at = isNegated ? from + 1 : from;
	let isIn = false;
	while (at < pattern.length && pattern[at] !== ']') {
		if (pattern[at] === '\\' && at + 1 < pattern.length) {
			isIn ||= pattern.charCodeAt(at + 1) === character;
			at += 2;
		} else if (pattern[at + 1] === '-' && at + 2 < pattern.length) {
			const [one, other] = [pattern.charCodeAt(at), pattern.charCodeAt(at + 2)];
			isIn ||= character >= Math.min(one, other) && character <= Math.max(one, other);
			at += 3;
		} else {
			isIn ||= pattern.charCodeAt(at) === character;
			at += 1;
		}
	}
	if (isIn === isNegated) return -1;
	return Math.min(at + 1, pattern.length);
}
