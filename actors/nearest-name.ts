/**
 * The name that a person most likely meant: one that they began to write, or one that is a slip away: a letter too many, too
 * few, wrong, or two that changed places. Two slips count in long names only; a short name is a word of its own too soon.
 */
export function nearestName(name: string, names: readonly string[]): string | undefined {
	const begun = names.find(each => name !== '' && each.startsWith(name));
	if (begun !== undefined) return begun;
	const ranked = names.map(each => ({each, slips: slipsBetween(name, each)}));
	const [best] = ranked.sort((one, other) => one.slips - other.slips);
	return best !== undefined && best.slips <= slipsMax(best.each, name) ? best.each : undefined;
}

const slipsMax = (meant: string, typed: string): number => {
	const length = Math.min(meant.length, typed.length);
	if (length < 3) return 0;
	return length < 6 ? 1 : 2;
};

/** The edit distance of Damerau and Levenshtein, where no place is edited twice. */
function slipsBetween(source: string, target: string): number {
	let beforeLast: readonly number[] = [];
	let last: readonly number[] = Array.from({length: target.length + 1}, (_, column) => column);
	for (let row = 1; row <= source.length; row++) {
		const current = [row];
		for (let column = 1; column <= target.length; column++) {
			const [typed, meant] = [source[row - 1], target[column - 1]];
			const change = (last[column - 1] ?? 0) + (typed === meant ? 0 : 1);
			const isSwapped = row > 1 && column > 1 && typed === target[column - 2] && source[row - 2] === meant;
			const swap = isSwapped ? (beforeLast[column - 2] ?? 0) + 1 : Infinity;
			current.push(Math.min(change, swap, (last[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1));
		}
		[beforeLast, last] = [last, current];
	}
	return last[target.length] ?? 0;
}
