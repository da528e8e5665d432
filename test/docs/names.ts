/** Reads the names of code that a page shows, and tells which of them the code does not have. */
import type {ReadText} from './promises.js';

/** Of a page: the files and folders of the project that it names in backticks and that are not there. */
export function missingFiles(page: string, read: ReadText): readonly string[] {
	const names = [...page.matchAll(/`((?:src|actors|workers|test|bench|build|docs|examples|findings|\.ci)\/[^`\s]*)`/g)];
	const files = new Set(names.map(([, file = '']) => file.replace(/\/$/, '')));
	return [...files].filter(file => read(file) === undefined);
}

const rowPattern = /^\| ([^|]+) \| [^|]+ \| ([^|]+) \|$/gm;

/** The words of a glossary: what its table has in the first column, but for the head. */
export function wordsOf(page: string): readonly string[] {
	return rowsOf(page).map(([word]) => word);
}

/** What is wrong with a glossary: places that name nothing, and names that their file does not declare. */
export function wrongPlaces(page: string, read: ReadText): readonly string[] {
	return rowsOf(page).flatMap(([word, places]) => {
		const found = [...places.matchAll(/((?:`\w+`, )*`\w+`) in `([^`]+)`/g)];
		if (found.map(([all]) => all).join(', ') !== places) return [`${word}: "${places}" is not NAME in FILE`];
		return found.flatMap(([, names = '', file = '']) => {
			const text = read(file);
			if (text === undefined) return [`${word}: there is no ${file}`];
			const missing = names
				.replaceAll('`', '')
				.split(', ')
				.filter(name => !isDeclaredIn(text, name));
			return missing.map(name => `${word}: ${file} does not declare ${name}`);
		});
	});
}

function rowsOf(page: string): readonly (readonly [word: string, places: string])[] {
	const rows = [...page.matchAll(rowPattern)].map(([, word = '', places = '']) => [word, places] as const);
	return rows.filter(([word]) => word !== 'word');
}

/** As an export, where the name begins with a capital; else also as a field or a member of what the file exports. */
function isDeclaredIn(text: string, name: string): boolean {
	const exported = String.raw`^export (?:abstract )?(?:class|interface|type|const|function) ${name}\b`;
	const member = String.raw`^\t(?:readonly |get )?#?${name}[(:]`;
	return new RegExp(/^[A-Z]/.test(name) ? exported : `${exported}|${member}`, 'm').test(text);
}
