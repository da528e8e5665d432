/** Reads what a page promises, and tells what in it is not so. Pages are Markdown; paths are relative to the project. */
import path from 'node:path';

/** A test that a page names. */
interface Reference {
	readonly file: string;
	readonly title: string;
}

/** The text of a file of the project; `undefined` where there is none. */
export type ReadText = (file: string) => string | undefined;

const rowPattern = /^\| (\*\*.*) \|$/gm;
const referencePattern = /`(test\/[^`]+)`: (.+?)(?=<br>| \||$)/g;

function referencesIn(text: string): readonly Reference[] {
	return [...text.matchAll(referencePattern)].map(([, file = '', title = '']) => ({file, title}));
}

/** Of a page whose promises are rows of tables, in bold first: rows without a test, and tests that do not exist. */
export function brokenPromises(page: string, read: ReadText): readonly string[] {
	const rows = [...page.matchAll(rowPattern)].map(([, row = '']) => row);
	if (rows.length === 0) return ['there is no promise'];
	const untested = rows.filter(row => referencesIn(row).length === 0).map(row => `no test: ${row}`);
	const references = referencesIn(page);
	const missing = references.filter(({file, title}) => !hasTitle(read(file), title));
	const named = page.split('`test/').length - 1;
	const unread = named === references.length ? [] : [`${named - references.length} tests are named in another form`];
	return [...untested, ...missing.map(({file, title}) => `${file} has no test "${title}"`), ...unread];
}

/** Whether a test's source has this title, as a text of its own; `…` stands for what the source fills in. */
function hasTitle(source: string | undefined, title: string): boolean {
	if (source === undefined) return false;
	const escaped = title
		.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)
		.replaceAll("'", String.raw`\\?'`)
		.replaceAll('…', String.raw`(?:\$\{[^}]*\}|…)`);
	return new RegExp(`(['"\`])${escaped}\\1`).test(source);
}

/** Links to files that do not exist, and to headings and marked places that a page does not have. */
export function deadLinks(file: string, read: ReadText): readonly string[] {
	const page = read(file) ?? '';
	const targets = [...page.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);
	return targets
		.filter(target => !/^[a-z]+:/.test(target))
		.filter(target => {
			const [to = '', heading] = target.split('#');
			const text = to === '' ? page : read(path.posix.join(path.posix.dirname(file), to));
			return text === undefined || (heading !== undefined && !placesOf(text).has(heading));
		})
		.map(target => `${file} links to ${target}`);
}

/** Marked places, and headings as the names by which hosts of repositories let them be linked to. */
function placesOf(page: string): ReadonlySet<string> {
	const headings = [...page.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => heading.toLowerCase());
	const marks = [...page.matchAll(/<a id="([^"]+)">/g)].map(([, mark = '']) => mark);
	return new Set([...headings.map(heading => heading.replace(/[^\p{L}\p{N} -]/gu, '').replaceAll(' ', '-')), ...marks]);
}
