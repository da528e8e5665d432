/** A bug that is planted on purpose, to see whether the simulator finds it. */

/** A piece of compiled code and what stands there instead. Blanks count for nothing; it must be there exactly once. */
export interface Patch {
	/** From the root of the compiled sources, without its ending: `raft/leader`. */
	readonly file: string;
	readonly find: string;
	readonly replace: string;
}

export interface Mutant {
	readonly id: string;
	/** What goes wrong, in one line. */
	readonly title: string;
	/** Where this bug was met in the wild, or who warns of it. */
	readonly source: string;
	readonly patches: readonly Patch[];
}

/** One patch, one file: the usual case. */
export function plant(id: string, title: string, source: string, file: string, find: string, replace: string): Mutant {
	return {id, title, source, patches: [{file, find, replace}]};
}

const escaped = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);

/** The text with the patch in place. Throws where it does not fit exactly once: the code has moved on. */
export function applyPatch(text: string, {file, find, replace}: Patch, id: string): string {
	const pattern = new RegExp(
		find
			.trim()
			.split(/\s+/)
			.map(escaped)
			.join(String.raw`\s+`),
		'g',
	);
	const count = text.match(pattern)?.length ?? 0;
	if (count !== 1) throw new Error(`mutant ${id} fits ${count} times into ${file}, not once: bring it up to date`);
	return text.replace(pattern, () => replace);
}
