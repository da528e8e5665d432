/** The values of Lua. A string is a byte string: each character is one byte. `nil` is `undefined`. */
export type LuaValue = undefined | boolean | number | string | LuaTable | LuaFunction | LuaHandle;

/** What a function is called with, and what it returns: positions that are missing are `nil`. */
export type LuaValues = readonly LuaValue[];

export class LuaFunction {
	readonly call: (values: LuaValues) => LuaValues;

	constructor(call: (values: LuaValues) => LuaValues) {
		this.call = call;
	}
}

/** A value of the host that a script can only hand on, such as `cjson.null`: Lua's light userdata. */
export class LuaHandle {
	readonly name: string;

	constructor(name: string) {
		this.name = name;
	}
}

/** What `error` throws: any value. `pcall` catches it. */
export class LuaError extends Error {
	readonly value: LuaValue;

	constructor(value: LuaValue) {
		super(typeof value === 'string' ? value : 'an error of a script');
		this.value = value;
	}
}

export type LuaTypeName = 'nil' | 'boolean' | 'number' | 'string' | 'table' | 'function' | 'userdata';

export function typeName(value: LuaValue): LuaTypeName {
	switch (typeof value) {
		case 'undefined':
			return 'nil';
		case 'boolean':
		case 'number':
		case 'string':
			return typeof value as 'boolean' | 'number' | 'string';
		default:
			return value instanceof LuaFunction ? 'function' : value instanceof LuaHandle ? 'userdata' : 'table';
	}
}

export const isTruthy = (value: LuaValue): boolean => value !== undefined && value !== false;

/**
 * A table of Lua. `next` goes through 1, 2, 3 ... first, then through the other keys in the order in which they came: the order
 * is a function of what a script did, so it is the same on every replica.
 */
export class LuaTable {
	metatable: LuaTable | undefined;
	/** No script may change it: see `Runtime.setRaw`. */
	isReadonly = false;
	/** Of the keys 1, 2, 3 ...; the last one is not nil. */
	readonly #list: LuaValue[] = [];
	#places: Map<LuaValue, number> | undefined;
	#keys: LuaValue[] = [];
	/** A key whose value became nil keeps its place until the keys are laid out anew: `next` may stand on it. */
	#values: LuaValue[] = [];
	#absent = 0;

	static of(values: readonly LuaValue[]): LuaTable {
		const table = new LuaTable();
		for (const [offset, value] of values.entries()) table.set(offset + 1, value);
		return table;
	}

	/** A border: its element is not nil, and the one behind it is. */
	get length(): number {
		if (this.#list.length > 0 || this.#places === undefined) return this.#list.length;
		let length = 0;
		while (this.get(length + 1) !== undefined) length += 1;
		return length;
	}

	get(key: LuaValue): LuaValue {
		if (typeof key === 'number') {
			const value = this.#list[key - 1];
			if (value !== undefined) return value;
		}
		if (this.#places === undefined) return undefined;
		const place = this.#places.get(key);
		return place === undefined ? undefined : this.#values[place];
	}

	set(key: LuaValue, value: LuaValue): void {
		if (typeof key === 'number' && this.#setInList(key, value)) return;
		const place = this.#places?.get(key);
		if (place !== undefined) {
			const before = this.#values[place];
			this.#values[place] = value;
			this.#absent += (value === undefined ? 1 : 0) - (before === undefined ? 1 : 0);
		} else if (value !== undefined) this.#add(key, value);
	}

	/** The key behind this one, with its value; `undefined` behind the last one; `null`: there is no such key. */
	next(key: LuaValue): readonly [LuaValue, LuaValue] | undefined | null {
		let offset = 0;
		if (typeof key === 'number' && Number.isInteger(key) && key > 0 && key <= this.#list.length) offset = key;
		else if (key !== undefined) {
			const place = this.#places?.get(key);
			if (place === undefined) return null;
			return this.#nextPlace(place + 1);
		}
		for (; offset < this.#list.length; offset += 1) {
			const value = this.#list[offset];
			if (value !== undefined) return [offset + 1, value];
		}
		return this.#nextPlace(0);
	}

	/** How many keys of `#list` there are, and whether nothing else is in it: then all keys are 1 to `length`. */
	isList(): boolean {
		return this.#keys.length - this.#absent === 0;
	}

	#nextPlace(from: number): readonly [LuaValue, LuaValue] | undefined {
		for (let place = from; place < this.#keys.length; place += 1) {
			const value = this.#values[place];
			if (value !== undefined) return [this.#keys[place], value];
		}
		return undefined;
	}

	#setInList(key: number, value: LuaValue): boolean {
		const list = this.#list;
		const {length} = list;
		if (!Number.isInteger(key) || key < 1 || key > length + 1) return false;
		if (key <= length) {
			list[key - 1] = value;
			if (key === length && value === undefined) this.#shorten();
			return true;
		}
		if (value === undefined) return false;
		this.#remove(key);
		list.push(value);
		// What came before its turn moves behind it.
		while (this.#places !== undefined && this.#keys.length > this.#absent) {
			const follower = this.get(list.length + 1);
			if (follower === undefined) break;
			this.#remove(list.length + 1);
			list.push(follower);
		}
		return true;
	}

	#shorten(): void {
		const list = this.#list;
		while (list.length > 0 && list[list.length - 1] === undefined) list.pop();
	}

	#remove(key: number): void {
		const place = this.#places?.get(key);
		if (place === undefined || this.#values[place] === undefined) return;
		this.#values[place] = undefined;
		this.#absent += 1;
	}

	#add(key: LuaValue, value: LuaValue): void {
		if (this.#absent > 8 && this.#absent * 2 > this.#keys.length) this.#layOut();
		this.#places ??= new Map();
		this.#places.set(key, this.#keys.length);
		this.#keys.push(key);
		this.#values.push(value);
	}

	#layOut(): void {
		const kept = this.#keys.flatMap((key, place): [LuaValue, LuaValue][] =>
			this.#values[place] === undefined ? [] : [[key, this.#values[place]]],
		);
		this.#keys = kept.map(([key]) => key);
		this.#values = kept.map(([, value]) => value);
		this.#places = new Map(this.#keys.map((key, place) => [key, place]));
		this.#absent = 0;
	}
}
