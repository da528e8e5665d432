/** What every script of Lua 5.1 has without naming a library. */
import {compileLua} from './compile.js';
import {type Given, type LibraryFunction, libraryOf} from './library.js';
import {parseInBase, parseNumber} from './numbers.js';
import {readonlyText, type Runtime} from './runtime.js';
import {LuaSyntaxError} from './syntax.js';
import {isTruthy, LuaError, LuaFunction, LuaTable, type LuaValue, type LuaValues, typeName} from './values.js';

/** As many values as a function can return. */
const unpackedMax = 7999;
const shownBytesMax = 60;

function nextOf(given: Given, runtime: Runtime): LuaValues {
	const found = given.table(1).next(given.at(2));
	if (found === null) throw runtime.error("invalid key to 'next'");
	return found ?? [undefined];
}

const next: LibraryFunction = nextOf;

function inext(given: Given): LuaValues {
	const position = given.number(2) + 1;
	const value = given.table(1).get(position);
	return value === undefined ? [undefined] : [position, value];
}

/** The values behind `true`, or the error behind `false`. What a limit throws goes through. */
function protectedCall(runtime: Runtime, run: () => LuaValues, handle: (error: LuaValue) => LuaValues): LuaValues {
	const {depth} = runtime.meter;
	// What is called at once has no caller in the script.
	runtime.place = '';
	try {
		return [true, ...run()];
	} catch (error) {
		if (!(error instanceof LuaError)) throw error;
		runtime.meter.depth = depth;
		return [false, ...handle(error.value)];
	}
}

function select(given: Given): LuaValues | number {
	if (given.at(1) === '#') return given.count - 1;
	const position = given.integer(1);
	const from = position < 0 ? given.count + position : position;
	if (from < 1) throw given.wrong(1, 'index out of range');
	return given.values.slice(from);
}

function toNumber(given: Given): LuaValue {
	const value = given.any(1);
	const base = given.integer(2, 10);
	if (base !== 10) {
		if (base < 2 || base > 36) throw given.wrong(2, 'base out of range');
		return parseInBase(given.text(1), base);
	}
	return typeof value === 'string' ? parseNumber(value) : typeof value === 'number' ? value : undefined;
}

function unpack(given: Given, runtime: Runtime): LuaValues {
	const table = given.table(1);
	const first = given.integer(2, 1);
	const last = given.integer(3, table.length);
	if (last - first >= unpackedMax) throw runtime.error('too many results to unpack');
	const values: LuaValue[] = [];
	for (let position = first; position <= last; position += 1) values.push(table.get(position));
	runtime.meter.step(values.length);
	return values;
}

function setMetatable(given: Given, runtime: Runtime): LuaValue {
	const table = given.table(1);
	const metatable = given.at(2);
	if (given.count < 2 || (metatable !== undefined && !(metatable instanceof LuaTable)))
		throw given.wrong(2, 'nil or table expected');
	if (table.isReadonly) throw new LuaError(readonlyText);
	if (table.metatable?.get('__metatable') !== undefined) throw runtime.error('cannot change a protected metatable');
	table.metatable = metatable;
	return table;
}

function getMetatable(given: Given, runtime: Runtime): LuaValue {
	const metatable = runtime.metatableOf(given.any(1));
	return metatable?.get('__metatable') ?? metatable;
}

/** As `where` has it: level 1 is who called `error`. Other levels are not known here, and name no place. */
function raise(given: Given, runtime: Runtime): never {
	const value = given.at(1);
	const level = given.integer(2, 1);
	if (level === 1 && (typeof value === 'string' || typeof value === 'number'))
		throw runtime.error(runtime.toText(value));
	throw new LuaError(value);
}

function assertTrue(given: Given, runtime: Runtime): LuaValues {
	if (isTruthy(given.any(1))) return given.values;
	throw runtime.error(given.text(2, 'assertion failed!'));
}

function loadString(runtime: Runtime, text: string, name: string): LuaValues {
	runtime.meter.allocate(text.length * 64);
	try {
		return [new LuaFunction(compileLua(runtime, text, name))];
	} catch (error) {
		if (!(error instanceof LuaSyntaxError)) throw error;
		return [undefined, `${name}:${error.line}: ${error.message}`];
	}
}

/** How messages name a text that was loaded: its first line. */
function chunkNameOf(name: string): string {
	if (name.startsWith('=') || name.startsWith('@')) return name.slice(1, shownBytesMax);
	const [line = ''] = name.split('\n');
	const isShort = line.length === name.length && line.length < shownBytesMax - 15;
	return `[string "${isShort ? line : `${line.slice(0, shownBytesMax - 18)}...`}"]`;
}

function load(given: Given, runtime: Runtime): LuaValues {
	const pieces: string[] = [];
	for (;;) {
		const [piece] = runtime.call(given.function(1), []);
		if (piece === undefined || piece === '') break;
		if (typeof piece !== 'string') throw runtime.error('reader function must return a string');
		pieces.push(piece);
	}
	return loadString(runtime, pieces.join(''), chunkNameOf(given.text(2, '=(load)')));
}

export function addBaseLibrary(runtime: Runtime): void {
	const {globals} = runtime;
	const library = libraryOf(runtime, {
		assert: assertTrue,
		// Memory is counted and never given back while a script runs.
		collectgarbage: () => 0,
		gcinfo: () => 0,
		error: raise,
		getmetatable: getMetatable,
		setmetatable: setMetatable,
		inext,
		load,
		loadstring: given => loadString(runtime, given.text(1), chunkNameOf(given.text(2, given.text(1)))),
		next,
		pcall: given =>
			protectedCall(
				runtime,
				() => runtime.call(given.any(1), given.values.slice(1)),
				error => [error],
			),
		xpcall: given =>
			protectedCall(
				runtime,
				() => runtime.call(given.any(1), []),
				error => runtime.call(given.at(2), [error]),
			),
		rawequal: given => given.any(1) === given.any(2),
		rawget: given => given.table(1).get(given.any(2)),
		rawset(given) {
			runtime.setRaw(given.table(1), given.any(2), given.any(3));
			return given.table(1);
		},
		select,
		tonumber: toNumber,
		tostring: given => runtime.text(runtime.toText(given.any(1))),
		type: given => typeName(given.any(1)),
		unpack,
	});
	const iterate = library.get('next');
	const iterateList = library.get('inext');
	library.set('inext', undefined);
	for (let entry = library.next(undefined); entry; entry = library.next(entry[0])) globals.set(...entry);
	const iterators = libraryOf(runtime, {
		pairs: given => [iterate, given.table(1), undefined],
		ipairs: given => [iterateList, given.table(1), 0],
	});
	globals.set('pairs', iterators.get('pairs'));
	globals.set('ipairs', iterators.get('ipairs'));
	globals.set('_VERSION', 'Lua 5.1');
	globals.set('_G', globals);
}
