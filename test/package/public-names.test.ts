/** Whoever uses an entry can name all that its signatures name, without another entry. */
import {readFileSync} from 'node:fs';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import test from 'ava';
import ts from 'typescript';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const dist = path.join(root, 'dist') + path.sep;

const manifest = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as {
	readonly exports: Readonly<Record<string, string>>;
};
const entries = Object.entries(manifest.exports)
	.filter(([, file]) => file.endsWith('.js'))
	.map(([name, file]) => ({name: `threadraft${name.slice(1)}`, file: path.join(root, file.replace(/\.js$/, '.d.ts'))}));

/** Names in the signatures of what a file exports that the file does not export itself. */
function missingNames(program: ts.Program, file: string): readonly string[] {
	const checker = program.getTypeChecker();
	const source = program.getSourceFile(file);
	if (source === undefined) throw new Error(`${file} is not there`);
	const module = checker.getSymbolAtLocation(source);
	// An entry that exports nothing is no module.
	const exported = new Set((module === undefined ? [] : checker.getExportsOfModule(module)).map(resolve));
	const missing = new Set<string>();
	for (const symbol of exported) for (const declaration of symbol.declarations ?? []) visit(declaration);
	return [...missing];

	function resolve(symbol: ts.Symbol): ts.Symbol {
		return symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
	}

	function visit(node: ts.Node): void {
		if (ts.isIdentifier(node) && isReference(node)) {
			const symbol = checker.getSymbolAtLocation(node);
			if (symbol !== undefined) look(resolve(symbol));
		}
		ts.forEachChild(node, visit);
	}

	function look(symbol: ts.Symbol): void {
		const declaration = symbol.declarations?.[0];
		// What is declared inside a declaration, a type parameter for one, goes with it.
		const isNamed = declaration !== undefined && ts.isSourceFile(outerOf(declaration).parent);
		if (!isNamed || exported.has(symbol) || isBrand(declaration)) return;
		if (declaration.getSourceFile().fileName.startsWith(dist)) missing.add(symbol.name);
	}
}

/** A name in a type, a base class or a `typeof`; not that of a property, a parameter or the declaration itself. */
function isReference({parent}: ts.Identifier): boolean {
	return (
		ts.isTypeReferenceNode(parent) ||
		ts.isExpressionWithTypeArguments(parent) ||
		ts.isTypeQueryNode(parent) ||
		ts.isComputedPropertyName(parent)
	);
}

/** The statement that declares it; a variable is declared by two nodes inside one. */
function outerOf(declaration: ts.Declaration): ts.Node {
	return ts.isVariableDeclaration(declaration) ? declaration.parent.parent : declaration;
}

/** `declare const unit: unique symbol`: it tells types apart, and nobody is to have it. */
function isBrand(declaration: ts.Declaration): boolean {
	return ts.isVariableDeclaration(declaration) && declaration.type?.kind === ts.SyntaxKind.TypeOperator;
}

function programOf(files: readonly string[], host?: ts.CompilerHost): ts.Program {
	const module = ts.ModuleKind.NodeNext;
	const options = {module, moduleResolution: ts.ModuleResolutionKind.NodeNext, skipLibCheck: true, types: ['node']};
	return ts.createProgram(files, {...options, target: ts.ScriptTarget.ES2022}, host);
}

test('every entry exports all names of its signatures', t => {
	const program = programOf(entries.map(({file}) => file));
	t.true(entries.length >= 7);
	const missing = Object.fromEntries(entries.map(({name, file}) => [name, missingNames(program, file)]));
	t.deepEqual(missing, Object.fromEntries(entries.map(({name}) => [name, []])));
});

test('a name that an entry does not export is found, whatever it stands in', t => {
	const texts: Readonly<Record<string, string>> = {
		'entry.d.ts': "export {one, Two, type Three, type Four} from './parts.js';\n",
		'parts.d.ts': [
			'interface InParameter {}',
			'interface InProperty {}',
			'declare class Base<T> {}',
			'declare const value: string;',
			'declare const brand: unique symbol;',
			'interface Constraint {}',
			'export declare const one: (parameter: InParameter) => void;',
			'export declare class Two extends Base<string> { readonly property: readonly InProperty[]; }',
			'export interface Three<T extends Constraint> { readonly own: T; readonly [brand]: Four; }',
			'export type Four = typeof value;',
			'',
		].join('\n'),
	};
	const textOf = (file: string): string | undefined => texts[path.relative(dist, file)];
	const system = ts.createCompilerHost({});
	const host: ts.CompilerHost = {
		...system,
		getSourceFile: (file, ...rest) => {
			const text = textOf(file);
			if (text === undefined) return system.getSourceFile(file, ...rest);
			return ts.createSourceFile(file, text, ts.ScriptTarget.ES2022, true);
		},
		fileExists: file => textOf(file) !== undefined || system.fileExists(file),
		readFile: file => textOf(file) ?? system.readFile(file),
	};
	const entry = path.join(dist, 'entry.d.ts');
	t.deepEqual([...missingNames(programOf([entry], host), entry)].sort(), [
		'Base',
		'Constraint',
		'InParameter',
		'InProperty',
		'value',
	]);
});
