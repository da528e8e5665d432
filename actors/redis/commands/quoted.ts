/** How much of a client's own text an error repeats (server.c). */
export const quotedBytesMax = 128;

/** A client's own text as Redis' errors repeat it: up to its first zero byte, at most `bytesMax` of it. */
export function quoted(text: string, bytesMax = quotedBytesMax): string {
	const cut = text.slice(0, bytesMax);
	const nul = cut.indexOf('\0');
	return nul === -1 ? cut : cut.slice(0, nul);
}
