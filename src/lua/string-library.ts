import {format} from './format.js';
import {type Given, type LibraryFunction, libraryOf} from './library.js';
import {type Match, Pattern, PatternError} from './pattern.js';
import {type Runtime, textOf} from './runtime.js';
import {isTruthy, LuaFunction, LuaTable, type LuaValue, type LuaValues, typeName} from './values.js';

/** From 1 on; negative ones count from the end; before the start: 0. */
function placeIn(length: number, position: number): number {
	return Math.max(0, position < 0 ? length + position + 1 : position);
}

function sub(given: Given, runtime: Runtime): string {
	const text = given.text(1);
	const start = Math.max(1, placeIn(text.length, given.integer(2)));
	const end = Math.min(text.length, placeIn(text.length, given.integer(3, -1)));
	return start > end ? '' : runtime.text(text.slice(start - 1, end));
}

function byte(given: Given, runtime: Runtime): LuaValues {
	const text = given.text(1);
	const from = given.integer(2, 1);
	const start = Math.max(1, placeIn(text.length, from));
	const end = Math.min(text.length, placeIn(text.length, given.integer(3, start)));
	const codes: number[] = [];
	runtime.meter.step(Math.max(0, end - start));
	for (let place = start; place <= end; place += 1) codes.push(text.charCodeAt(place - 1));
	return codes;
}

function char(given: Given, runtime: Runtime): string {
	let text = '';
	for (let position = 1; position <= given.count; position += 1) {
		const code = given.integer(position);
		if (code < 0 || code > 255) throw given.wrong(position, 'invalid value');
		text += String.fromCharCode(code);
	}
	return runtime.text(text);
}

function rep(given: Given, runtime: Runtime): string {
	const text = given.text(1);
	const count = Math.max(0, given.integer(2));
	runtime.meter.allocate(text.length * count);
	return text.repeat(text.length === 0 ? 0 : count);
}

/** ASCII only, as in the locale that Redis has. */
function recased(given: Given, runtime: Runtime, letters: RegExp, by: number): string {
	const text = runtime.text(given.text(1));
	return text.replaceAll(letters, letter => String.fromCharCode(letter.charCodeAt(0) + by));
}

// ---------------------------------------------------------------------------------------------------------- patterns

function guarded<T>(runtime: Runtime, run: () => T): T {
	try {
		return run();
	} catch (error) {
		if (error instanceof PatternError) throw runtime.error(error.message);
		throw error;
	}
}

/** One capture, or all of the match where the pattern has none and it is the first that is asked for. */
function captured(text: string, {start, end, captures}: Match, place: number, runtime: Runtime): LuaValue {
	const capture = captures[place];
	if (capture === undefined) {
		if (place > 0) throw runtime.error('invalid capture index');
		return runtime.text(text.slice(start, end));
	}
	if (capture.length === undefined) return capture.start + 1;
	return runtime.text(text.slice(capture.start, capture.start + capture.length));
}

function allCaptured(text: string, match: Match, runtime: Runtime, isWholeToo: boolean): LuaValues {
	const count = match.captures.length === 0 && isWholeToo ? 1 : match.captures.length;
	return Array.from({length: count}, (_, place) => captured(text, match, place, runtime));
}

const special = /[\^$*+?.([%-]/;

function findOrMatch(given: Given, runtime: Runtime, isFind: boolean): LuaValues {
	const text = given.text(1);
	const pattern = given.text(2);
	const from = Math.min(text.length, Math.max(0, placeIn(text.length, given.integer(3, 1)) - 1));
	if (isFind && (isTruthy(given.at(4)) || !special.test(pattern))) {
		runtime.meter.step(text.length);
		const start = text.indexOf(pattern, from);
		return start < 0 ? [undefined] : [start + 1, start + pattern.length];
	}
	return guarded(runtime, () => {
		const match = new Pattern(pattern, runtime.meter).find(text, from);
		if (match === undefined) return [undefined];
		if (!isFind) return allCaptured(text, match, runtime, true);
		return [match.start + 1, match.end, ...allCaptured(text, match, runtime, false)];
	});
}

function gmatch(given: Given, runtime: Runtime): LuaFunction {
	const text = given.text(1);
	const pattern = guarded(runtime, () => new Pattern(given.text(2), runtime.meter, false));
	let from = 0;
	return new LuaFunction(() =>
		guarded(runtime, () => {
			const match = pattern.find(text, from);
			if (match === undefined) {
				from = text.length + 1;
				return [undefined];
			}
			from = match.end === match.start ? match.end + 1 : match.end;
			return allCaptured(text, match, runtime, true);
		}),
	);
}

/** What takes the place of a match; `undefined` or false: the match itself. */
type Replace = (match: Match) => LuaValue;

function replacementOf(given: Given, text: string, runtime: Runtime): Replace {
	const replacement = given.at(3);
	if (replacement instanceof LuaFunction)
		return match => runtime.call(replacement, allCaptured(text, match, runtime, true))[0];
	if (replacement instanceof LuaTable) return match => runtime.index(replacement, captured(text, match, 0, runtime));
	const template = textOf(replacement);
	if (template === undefined) throw given.wrong(3, 'string/function/table expected');
	return match =>
		template.replaceAll(/%(.?)/gs, (_, letter: string) => {
			if (!/\d/.test(letter)) return letter;
			if (letter === '0') return text.slice(match.start, match.end);
			return textOf(captured(text, match, Number(letter) - 1, runtime)) ?? '';
		});
}

function gsub(given: Given, runtime: Runtime): LuaValues {
	const text = given.text(1);
	const replace = replacementOf(given, text, runtime);
	const countMax = given.integer(4, Infinity);
	return guarded(runtime, () => {
		const pattern = new Pattern(given.text(2), runtime.meter);
		let result = '';
		let at = 0;
		let count = 0;
		while (count < countMax) {
			const match = pattern.matchAt(text, at);
			if (match !== undefined) {
				count += 1;
				const value = replace(match);
				const piece = isTruthy(value) ? textOf(value) : text.slice(match.start, match.end);
				if (piece === undefined) throw runtime.error(`invalid replacement value (a ${typeName(value)})`);
				result += runtime.text(piece);
			}
			if (match !== undefined && match.end > at) at = match.end;
			else if (at < text.length) {
				result += text[at];
				at += 1;
			} else break;
			if (pattern.isAnchored) break;
		}
		return [runtime.text(result + text.slice(at)), count];
	});
}

export function addStringLibrary(runtime: Runtime): void {
	const functions: Record<string, LibraryFunction> = {
		byte,
		char,
		find: given => findOrMatch(given, runtime, true),
		format,
		gmatch,
		gfind: gmatch,
		gsub,
		len: given => given.text(1).length,
		lower: given => recased(given, runtime, /[A-Z]/g, 32),
		match: given => findOrMatch(given, runtime, false),
		rep,
		reverse: given => runtime.text(given.text(1)).split('').reverse().join(''),
		sub,
		upper: given => recased(given, runtime, /[a-z]/g, -32),
	};
	const library = libraryOf(runtime, functions);
	runtime.globals.set('string', library);
	runtime.stringMetatable = new LuaTable();
	runtime.stringMetatable.set('__index', library);
}
