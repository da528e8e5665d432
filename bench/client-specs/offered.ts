/** Whether the port offers what a spec is about. */

interface Offer {
	readonly subcommands?: ReadonlyMap<string, unknown>;
}

/** `words`: of a command, or of one way to use it; `undefined`: it is about none. */
export function isOffered(table: ReadonlyMap<string, Offer>, words: readonly string[] | undefined): boolean {
	if (words === undefined) return false;
	if (table.has(words.join('_'))) return true;
	const [name = '', second] = words;
	const found = table.get(name);
	if (found?.subcommands === undefined) return found !== undefined;
	return second === undefined || found.subcommands.has(second);
}
