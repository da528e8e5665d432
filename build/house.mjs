#!/usr/bin/env node
/**
 * Measures the house: sizes of files and functions, circles of imports, arrows between rooms.
 *
 *     node build/house.mjs [FOLDER...]     a column for each tree, this one where none is named
 */
import {readFileSync} from 'node:fs';
import path from 'node:path';
import {pathToFileURL} from 'node:url';
import ts from 'typescript';
import {filesUnder} from './sources.mjs';

const floors = ['src', 'actors', 'workers'];

/** What is measured of the tree at this folder, in the order of the table. */
export function measure(root) {
	const files = floors
		.flatMap(floor => filesUnder(root, floor))
		.filter(name => name.endsWith('.ts') && !name.endsWith('.d.ts'))
		.map(name => ({name, text: readFileSync(path.join(root, name), 'utf8')}));
	const fileLines = files.map(({text}) => text.trimEnd().split('\n').length);
	const functionLines = files.flatMap(file => functionsOf(file));
	const imports = new Map(files.map(file => [file.name, importsOf(file)]));
	const crossing = [...imports].flatMap(([from, targets]) =>
		targets.map(to => [roomOf(from), roomOf(to)]).filter(([one, other]) => one !== other),
	);
	const circles = circlesOf(imports);
	return {
		files: files.length,
		'lines of a file, median': median(fileLines),
		'lines of a file, maximum': Math.max(0, ...fileLines),
		'functions with a name': functionLines.length,
		'lines of a function, median': median(functionLines),
		'lines of a function, maximum': Math.max(0, ...functionLines),
		'circles of files, types included': circles.length,
		'files in circles': circles.flat().length,
		rooms: new Set(files.map(({name}) => roomOf(name))).size,
		'arrows between rooms': new Set(crossing.map(pair => pair.join(' -> '))).size,
		'imports that cross rooms': crossing.length,
	};
}

/** A room is a folder of `src` or `actors`, with what is below it. */
const roomOf = name => name.split('/').slice(0, -1).slice(0, 2).join('/');

/** Types and imports that are carried out later count. */
function importsOf({name, text}) {
	const relative = ts.preProcessFile(text, true, true).importedFiles.filter(({fileName}) => fileName.startsWith('.'));
	return relative.map(({fileName}) => path.join(path.dirname(name), fileName).replace(/\.js$/, '.ts'));
}

/** Lines of each function that has a name, signature included. */
function functionsOf({name, text}) {
	const source = ts.createSourceFile(name, text, ts.ScriptTarget.Latest, true);
	const lines = [];
	const lineOf = position => source.getLineAndCharacterOfPosition(position).line;
	const visit = node => {
		const isNamed = ts.isFunctionLike(node) && (node.name !== undefined || ts.isConstructorDeclaration(node));
		const isConstant = ts.isArrowFunction(node) && ts.isVariableDeclaration(node.parent);
		if ((isNamed || isConstant) && node.body !== undefined) lines.push(lineOf(node.end) - lineOf(node.getStart()) + 1);
		ts.forEachChild(node, visit);
	};
	visit(source);
	return lines;
}

/** Groups of files each of which reaches all others of its group. */
function circlesOf(imports) {
	const reached = new Map([...imports.keys()].map(name => [name, reachedFrom(name, imports)]));
	const groups = new Set();
	for (const [name, others] of reached) {
		const group = [...reached.keys()].filter(other => others.has(other) && reached.get(other)?.has(name));
		if (others.has(name)) groups.add(group.join('\n'));
	}
	return [...groups].map(group => group.split('\n'));
}

function reachedFrom(name, imports) {
	const reached = new Set();
	const open = [name];
	for (let next = open.pop(); next !== undefined; next = open.pop()) {
		for (const target of imports.get(next) ?? []) {
			if (reached.has(target)) continue;
			reached.add(target);
			open.push(target);
		}
	}
	return reached;
}

function median(numbers) {
	return [...numbers].sort((left, right) => left - right)[Math.floor(numbers.length / 2)] ?? 0;
}

function print(roots) {
	const columns = roots.map(root => measure(root));
	console.log(
		`| \`src\`, \`actors\`, \`workers\` | ${roots.map(root => path.basename(path.resolve(root))).join(' | ')} |`,
	);
	console.log(`|---|${'--:|'.repeat(roots.length)}`);
	for (const what of Object.keys(columns[0] ?? {}))
		console.log(`| ${what} | ${columns.map(column => column[what]).join(' | ')} |`);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href)
	print(process.argv.length > 2 ? process.argv.slice(2) : ['.']);
