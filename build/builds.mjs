/**
 * Builds, each in a folder of its own that is never written to again:
 *
 *      .builds/NAME/          one for each state of the sources that was built, NAME being a hash of them
 *          dist/              what was made of them
 *          package.json       as it was: with it the folder is a whole package
 *          users/PID          processes that run this build
 *      .builds/.work-PID-N/   a build that is being made, or whose process was ended
 *      dist/                  a copy of the newest, for tests, tools and npm
 *
 * So a build that is interrupted leaves nothing that is taken for a build, two at once do not meet, and a cluster that runs a
 * build finds its files when it restarts a node, whatever is built beside it.
 */
import {
	copyFileSync,
	cpSync,
	existsSync,
	mkdirSync,
	readdirSync,
	renameSync,
	rmSync,
	statSync,
	utimesSync,
	writeFileSync,
} from 'node:fs';
import path from 'node:path';
import {compile} from './compile.mjs';
import {filesUnder, nameOfSources} from './sources.mjs';

/** Builds that nobody runs, for those who go back and forth between two states. */
const keptUnused = 3;
/** Ms. A process that begins with a build has entered itself long before this. */
const keptUnusedMs = 60_000;
/** Of a build whose sources change while it is made. */
const roundsMax = 5;

/**
 * Brings `.builds` and `dist` to the state of the sources. Does nothing where they are.
 *
 * @param {string} root of the project
 * @param {(line: string) => void} tell what is done, for a person
 * @returns {string} the build's folder
 */
export function build(root, tell) {
	for (let round = 0; round < roundsMax; round++) {
		const name = nameOfSources(root);
		const folder = path.join(root, '.builds', name);
		const isMade = !existsSync(folder);
		if (isMade) make(root, name, tell);
		if (existsSync(folder)) {
			const now = new Date();
			utimesSync(path.join(folder, 'package.json'), now, now);
			const isCopied = copyTo(path.join(root, 'dist'), path.join(folder, 'dist'));
			if ((!isMade && !isCopied) || nameOfSources(root) === name) return folder;
		}
		tell('the sources changed meanwhile');
	}
	throw new Error(`the sources changed during each of ${roundsMax} builds: build again when nothing writes to them`);
}

/** A process that runs this build, from now until its end: while it lives the build stays. */
export function enter(folder) {
	const entry = path.join(folder, 'users', String(process.pid));
	mkdirSync(path.dirname(entry), {recursive: true});
	writeFileSync(entry, '');
	process.once('exit', () => rmSync(entry, {force: true}));
}

function make(root, name, tell) {
	tell('the sources have changed since the last build: building');
	const begun = performance.now();
	const builds = path.join(root, '.builds');
	const work = path.join(builds, `.work-${process.pid}-${Math.random().toString(36).slice(2)}`);
	try {
		removeUnused(builds);
		seed(builds, work);
		compile(root, work);
		copyFileSync(path.join(root, 'package.json'), path.join(work, 'package.json'));
		// What was compiled while somebody wrote is a build of no state.
		if (nameOfSources(root) === name) publish(work, path.join(builds, name));
	} finally {
		rmSync(work, {recursive: true, force: true});
	}
	tell(`built in ${((performance.now() - begun) / 1000).toFixed(1)} s`);
}

/** The newest build to begin with, so that only what has changed is compiled; nothing where there is none. */
function seed(builds, work) {
	mkdirSync(work, {recursive: true});
	const [newest] = listBuilds(builds);
	if (newest === undefined) return;
	const filter = source => path.relative(newest.folder, source) !== 'users';
	try {
		cpSync(newest.folder, work, {recursive: true, preserveTimestamps: true, filter});
	} catch (error) {
		// Another process has removed it meanwhile, as one that nobody used.
		if (error.code !== 'ENOENT') throw error;
		rmSync(work, {recursive: true});
		mkdirSync(work);
	}
}

function publish(work, folder) {
	try {
		renameSync(work, folder);
	} catch (error) {
		// Another process has made the same build.
		if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
	}
}

/** The one that was used last comes first. */
function listBuilds(builds) {
	return readdirSync(builds)
		.filter(name => !name.startsWith('.'))
		.map(name => path.join(builds, name))
		.map(folder => ({folder, usedMs: timeOf(path.join(folder, 'package.json'))}))
		.sort((one, other) => other.usedMs - one.usedMs);
}

function removeUnused(builds) {
	mkdirSync(builds, {recursive: true});
	for (const name of readdirSync(builds)) {
		const pid = /^\.work-(\d+)-/.exec(name)?.[1];
		if (pid !== undefined && !isAlive(Number(pid))) rmSync(path.join(builds, name), {recursive: true, force: true});
	}
	for (const {folder, usedMs} of listBuilds(builds).slice(keptUnused)) {
		const isInUse = filesUnder(folder, 'users').some(user => isAlive(Number(path.basename(user))));
		if (!isInUse && Date.now() - usedMs > keptUnusedMs) rmSync(folder, {recursive: true, force: true});
	}
}

function isAlive(pid) {
	try {
		process.kill(pid, 0);
		return true;
	} catch (error) {
		return error.code === 'EPERM';
	}
}

/**
 * Makes `target` the same as `source`. Each file is there as it was or as it will be, whoever reads it meanwhile.
 *
 * @returns {boolean} whether anything was to be done
 */
function copyTo(target, source) {
	const wanted = new Set(filesUnder(source, ''));
	let isChanged = false;
	for (const name of wanted) {
		const {size, mtime} = statSync(path.join(source, name));
		const present = statSync(path.join(target, name), {throwIfNoEntry: false});
		// A time is set to about a microsecond.
		if (present?.size === size && Math.abs(present.mtimeMs - mtime.getTime()) < 2) continue;
		isChanged = true;
		replace(path.join(target, name), path.join(source, name), mtime);
	}
	for (const name of filesUnder(target, '')) {
		if (wanted.has(name)) continue;
		isChanged = true;
		rmSync(path.join(target, name), {force: true});
	}
	return isChanged;
}

function replace(target, source, mtime) {
	mkdirSync(path.dirname(target), {recursive: true});
	const next = `${target}.${process.pid}-next`;
	copyFileSync(source, next);
	utimesSync(next, mtime, mtime);
	renameSync(next, target);
}

const timeOf = file => statSync(file, {throwIfNoEntry: false})?.mtimeMs ?? 0;
