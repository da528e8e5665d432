import {type Given, libraryOf} from './library.js';
import {type Runtime, textOf} from './runtime.js';
import {isTruthy, type LuaTable, type LuaValue, type LuaValues, typeName} from './values.js';

function concat(given: Given, runtime: Runtime): string {
	const table = given.table(1);
	const separator = given.text(2, '');
	const first = given.integer(3, 1);
	const last = given.integer(4, table.length);
	const texts: string[] = [];
	for (let position = first; position <= last; position += 1) {
		const value = table.get(position);
		const text = textOf(value);
		if (text === undefined)
			throw runtime.error(`invalid value (${typeName(value)}) at index ${position} in table for 'concat'`);
		runtime.meter.allocate(text.length + separator.length);
		runtime.meter.step();
		texts.push(text);
	}
	return texts.join(separator);
}

function insert(given: Given, runtime: Runtime): LuaValues {
	const table = given.table(1);
	const end = table.length + 1;
	if (given.count === 2) runtime.setRaw(table, end, given.at(2));
	else if (given.count === 3) {
		const position = given.integer(2);
		for (let place = Math.max(end, position); place > position; place -= 1) {
			runtime.meter.step();
			runtime.setRaw(table, place, table.get(place - 1));
		}
		runtime.setRaw(table, position, given.at(3));
	} else throw runtime.error("wrong number of arguments to 'insert'");
	return [];
}

function remove(given: Given, runtime: Runtime): LuaValues {
	const table = given.table(1);
	const {length} = table;
	const position = given.integer(2, length);
	if (position < 1 || position > length) return [];
	const removed = table.get(position);
	for (let place = position; place < length; place += 1) {
		runtime.meter.step();
		runtime.setRaw(table, place, table.get(place + 1));
	}
	runtime.setRaw(table, length, undefined);
	return [removed];
}

/** Merges: the order of comparisons is the same everywhere, whatever the comparing function answers. */
function sorted(
	values: readonly LuaValue[],
	isBefore: (one: LuaValue, other: LuaValue) => boolean,
): readonly LuaValue[] {
	if (values.length < 2) return values;
	const middle = values.length >>> 1;
	const left = sorted(values.slice(0, middle), isBefore);
	const right = sorted(values.slice(middle), isBefore);
	const merged: LuaValue[] = [];
	let taken = 0;
	for (const value of right) {
		while (taken < left.length && !isBefore(value, left[taken])) merged.push(left[taken++]);
		merged.push(value);
	}
	return [...merged, ...left.slice(taken)];
}

function sort(given: Given, runtime: Runtime): LuaValues {
	const table = given.table(1);
	const order = given.at(2) === undefined ? undefined : given.function(2);
	const values: LuaValue[] = [];
	for (let position = 1; position <= table.length; position += 1) values.push(table.get(position));
	runtime.meter.allocate(values.length * 64);
	const result = sorted(values, (one, other) => {
		runtime.meter.step();
		return order === undefined ? runtime.isLess(one, other) : isTruthy(runtime.call(order, [one, other])[0]);
	});
	for (const [offset, value] of result.entries()) runtime.setRaw(table, offset + 1, value);
	return [];
}

function maxn(table: LuaTable, runtime: Runtime): number {
	let largest = 0;
	for (let entry = table.next(undefined); entry; entry = table.next(entry[0])) {
		runtime.meter.step();
		if (typeof entry[0] === 'number') largest = Math.max(largest, entry[0]);
	}
	return largest;
}

/** Until a call returns something. */
function foreach(given: Given, runtime: Runtime): LuaValues {
	const table = given.table(1);
	const call = given.function(2);
	for (let entry = table.next(undefined); entry; entry = table.next(entry[0])) {
		const [result] = runtime.call(call, entry);
		if (result !== undefined) return [result];
	}
	return [];
}

function foreachi(given: Given, runtime: Runtime): LuaValues {
	const table = given.table(1);
	const call = given.function(2);
	for (let position = 1; position <= table.length; position += 1) {
		const [result] = runtime.call(call, [position, table.get(position)]);
		if (result !== undefined) return [result];
	}
	return [];
}

export function addTableLibrary(runtime: Runtime): void {
	const library = libraryOf(runtime, {
		concat,
		insert,
		remove,
		sort,
		maxn: given => maxn(given.table(1), runtime),
		getn: given => given.table(1).length,
		foreach,
		foreachi,
	});
	runtime.globals.set('table', library);
}
