/** The name that a person most likely meant: one that they began to write, or one at most two mistyped letters away. */
export function nearestName(name: string, names: readonly string[]): string | undefined {
	const begun = names.find(each => each.startsWith(name));
	if (begun !== undefined) return begun;
	const ranked = names.map(each => ({each, distance: editDistance(name, each)}));
	const [best] = ranked.sort((one, other) => one.distance - other.distance);
	return best !== undefined && best.distance <= Math.min(2, best.each.length - 2) ? best.each : undefined;
}

/** Levenshtein's: letters to put in, take out or change. */
function editDistance(source: string, target: string): number {
	let previous = Array.from({length: target.length + 1}, (_, column) => column);
	for (let row = 1; row <= source.length; row++) {
		const current = [row];
		for (let column = 1; column <= target.length; column++) {
			const change = (previous[column - 1] ?? 0) + (source[row - 1] === target[column - 1] ? 0 : 1);
			current.push(Math.min(change, (previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1));
		}
		previous = current;
	}
	return previous[target.length] ?? 0;
}
