/** A time in a script, counted from its start: `+1.234s`. */

/** To the millisecond. */
export const scriptTimeText = (atMs: number): string => `+${(atMs / 1000).toFixed(3)}s`;

/** Longer than anybody records. */
const timeMaxMs = 7 * 24 * 3_600_000;

/** In ms, of `+1.234s` or `+1234ms`; `undefined` for what is no such time. */
export function parseScriptTime(text: string): number | undefined {
	const [, digits, unit] = /^\+(\d{1,9}(?:\.\d{1,9})?)(ms|s)$/.exec(text) ?? [];
	if (digits === undefined) return undefined;
	const ms = Number(digits) * (unit === 's' ? 1000 : 1);
	return ms <= timeMaxMs ? ms : undefined;
}
