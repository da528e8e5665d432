/** What a build depends on, and a name for it: equal names, equal builds. */
import {createHash} from 'node:crypto';
import {readdirSync, readFileSync} from 'node:fs';
import path from 'node:path';

const folders = ['src', 'actors', 'workers', 'test', 'bench', 'examples', 'build'];
/** package-lock.json names the versions of the compiler, and of the library that is built in. */
const files = ['package.json', 'package-lock.json', 'tsconfig.base.json', 'tsconfig.json'];
const isSource = name => /(?:\.ts|\.mjs|\.html|\.css|(?:^|\/)tsconfig\.json)$/.test(name);

/**
 * @param {string} root of the project
 * @returns {readonly string[]} relative paths, with `/`, in one order
 */
export function listSources(root) {
	const found = folders.flatMap(folder => filesUnder(root, folder).filter(isSource));
	return [...files, ...found].sort();
}

/**
 * @param {string} root
 * @param {string} folder
 * @returns {readonly string[]} none where the folder does not exist
 */
export function filesUnder(root, folder) {
	let entries;
	try {
		entries = readdirSync(path.join(root, folder), {withFileTypes: true});
	} catch (error) {
		if (error.code === 'ENOENT') return [];
		throw error;
	}
	return entries.flatMap(entry => {
		const name = folder === '' ? entry.name : `${folder}/${entry.name}`;
		return entry.isDirectory() ? filesUnder(root, name) : [name];
	});
}

/**
 * By content and not by time: a file that git, tar or cp puts back has whatever time they give it.
 *
 * @param {string} root
 * @returns {string}
 */
export function nameOfSources(root) {
	const hash = createHash('sha256');
	for (const name of listSources(root)) {
		const content = readFileSync(path.join(root, name));
		hash.update(`${name}\0${content.length}\0`).update(content);
	}
	return hash.digest('hex').slice(0, 16);
}
