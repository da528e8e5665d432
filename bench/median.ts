/** The middle one; of an even number the lower of the two, so that it is always one that was measured. NaN of none. */
export function median(values: readonly number[]): number {
	const sorted = [...values].sort((a, b) => a - b);
	return sorted[Math.floor((sorted.length - 1) / 2)] ?? NaN;
}

/** The element whose number is the median. */
export function medianBy<T>(items: readonly T[], numberOf: (item: T) => number): T | undefined {
	const sorted = [...items].sort((a, b) => numberOf(a) - numberOf(b));
	return sorted[Math.floor((sorted.length - 1) / 2)];
}
