/**
 * The TypeScript and JavaScript in the documents. A comment that no reader sees says what a block cannot say itself:
 *
 *     <!-- code: file counter.ts -->        other blocks of the page import it by this name
 *     <!-- code: given ... -->              what stands before it, such as `declare const cluster: Cluster;`
 *     <!-- code: prints ... -->             it is a whole program, and prints this; `…` stands for anything
 *
 * Every block is compiled.
 */
export interface CodeBlock {
	/** Of the page, below the project. */
	readonly page: string;
	/** Of its first line of code, in the page. */
	readonly line: number;
	/** Below the page's folder. */
	readonly file: string;
	readonly code: string;
	/** `undefined`: it is no program that is run. */
	readonly prints: string | undefined;
}

const pattern = /((?:^ *<!-- code: (?:(?!-->)[^])*-->\n+)*)^( *)```(?:ts|js)\n([^]*?)^\2```$/gm;
const notePattern = /<!-- code: (file|given|prints)\s+((?:(?!-->)[^])*?)\s*-->/g;

/** All blocks of a page, in their order. */
export function codeBlocksOf(page: string, text: string): readonly CodeBlock[] {
	return [...text.matchAll(pattern)].map((match, place) => {
		const [, written = '', indent = '', body = ''] = match;
		const notes = new Map([...written.matchAll(notePattern)].map(([, kind, content = '']) => [kind, content]));
		const noteCount = written.split('<!-- code:').length - 1;
		if (notes.size !== noteCount)
			throw new Error(`${page}: a note before block ${place + 1} is not one of file, given, prints`);
		const start = match.index + match[0].indexOf('```');
		const code = body.replaceAll(new RegExp(`^${indent}`, 'gm'), '');
		const given = notes.get('given');
		return {
			page,
			line: text.slice(0, start).split('\n').length + 1,
			file: notes.get('file') ?? `block-${place + 1}.ts`,
			// On one line, so that lines are those of the page.
			code: `${given === undefined ? '' : given.replaceAll('\n', ' ')}\n${code}export {};\n`,
			prints: notes.get('prints'),
		};
	});
}

/** Whether a program printed what its page says. */
export function isPrinted(output: string, prints: string): boolean {
	const parts = prints.split('…').map(part => part.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`));
	return new RegExp(`^${parts.join('[^]*')}$`).test(output.trim());
}
