/** The library `cmsgpack`: MessagePack of what tables hold, in the shortest form, as lua-cmsgpack 0.4 writes it. */
import {type Given, libraryOf} from '../../lua/library.js';
import type {Runtime} from '../../lua/runtime.js';
import {LuaTable, type LuaValue, type LuaValues} from '../../lua/values.js';

/** What is deeper is written as nil. */
const depthMax = 16;

class PackWriter {
	readonly #runtime: Runtime;
	readonly #pieces: string[] = [];

	constructor(runtime: Runtime) {
		this.#runtime = runtime;
	}

	get text(): string {
		return this.#pieces.join('');
	}

	write(value: LuaValue, depth = 0): void {
		if (typeof value === 'boolean') this.#add(value ? '\u00c3' : '\u00c2');
		else if (typeof value === 'number') this.#number(value);
		else if (typeof value === 'string') {
			this.#head(value.length, {short: 0xa0, shortMax: 31, wide: [0xd9, 0xda, 0xdb]});
			this.#add(value);
		} else if (value instanceof LuaTable && depth < depthMax) this.#table(value, depth);
		else this.#add('\u00c0');
	}

	#add(text: string): void {
		this.#pieces.push(this.#runtime.text(text));
	}

	#bytes(first: number, length: number, write: (view: DataView) => void): void {
		const view = new DataView(new ArrayBuffer(length));
		write(view);
		this.#add(String.fromCharCode(first, ...new Uint8Array(view.buffer)));
	}

	/** `wide`: the first byte where the length has one, two or four bytes. */
	#head(
		length: number,
		{short, shortMax, wide}: {short: number; shortMax: number; wide: readonly [number | undefined, number, number]},
	): void {
		const [oneByte, twoBytes, fourBytes] = wide;
		if (length <= shortMax) this.#add(String.fromCharCode(short + length));
		else if (length <= 0xff && oneByte !== undefined) this.#add(String.fromCharCode(oneByte, length));
		else if (length <= 0xffff) this.#bytes(twoBytes, 2, view => view.setUint16(0, length));
		else this.#bytes(fourBytes, 4, view => view.setUint32(0, length));
	}

	#number(value: number): void {
		if (Number.isInteger(value) && value >= -(2 ** 63) && value < 2 ** 63) this.#integer(value);
		else if (Math.fround(value) === value) this.#bytes(0xca, 4, view => view.setFloat32(0, value));
		else this.#bytes(0xcb, 8, view => view.setFloat64(0, value));
	}

	#integer(value: number): void {
		if (value >= -32 && value <= 127) this.#add(String.fromCharCode(value & 0xff));
		else if (value >= 0) this.#positive(value);
		else if (value >= -0x80) this.#bytes(0xd0, 1, view => view.setInt8(0, value));
		else if (value >= -0x8000) this.#bytes(0xd1, 2, view => view.setInt16(0, value));
		else if (value >= -0x80000000) this.#bytes(0xd2, 4, view => view.setInt32(0, value));
		else this.#bytes(0xd3, 8, view => view.setBigInt64(0, BigInt(value)));
	}

	#positive(value: number): void {
		if (value <= 0xff) this.#bytes(0xcc, 1, view => view.setUint8(0, value));
		else if (value <= 0xffff) this.#bytes(0xcd, 2, view => view.setUint16(0, value));
		else if (value <= 0xffffffff) this.#bytes(0xce, 4, view => view.setUint32(0, value));
		else this.#bytes(0xcf, 8, view => view.setBigUint64(0, BigInt(value)));
	}

	#table(table: LuaTable, depth: number): void {
		const entries: (readonly [LuaValue, LuaValue])[] = [];
		let isList = true;
		for (let entry = table.next(undefined); entry; entry = table.next(entry[0])) {
			this.#runtime.meter.step();
			entries.push(entry);
			isList &&= entry[0] === entries.length;
		}
		if (isList && entries.length > 0) {
			this.#head(entries.length, {short: 0x90, shortMax: 15, wide: [undefined, 0xdc, 0xdd]});
			for (const [, value] of entries) this.write(value, depth + 1);
			return;
		}
		this.#head(entries.length, {short: 0x80, shortMax: 15, wide: [undefined, 0xde, 0xdf]});
		for (const [key, value] of entries) {
			this.write(key, depth + 1);
			this.write(value, depth + 1);
		}
	}
}

/** Lists within each other: what is deeper needs a stack of unknown size. */
const readDepthMax = 200;

class PackReader {
	readonly #view: DataView;
	readonly #text: string;
	readonly #runtime: Runtime;
	at: number;

	constructor(text: string, at: number, runtime: Runtime) {
		runtime.meter.allocate(text.length);
		this.#text = text;
		this.#view = new DataView(Uint8Array.from(text, letter => letter.charCodeAt(0)).buffer);
		this.#runtime = runtime;
		this.at = at;
	}

	get isAtEnd(): boolean {
		return this.at >= this.#text.length;
	}

	read(depth = 0): LuaValue {
		this.#runtime.meter.step();
		if (depth > readDepthMax) throw this.#runtime.error('Bad data format in input.');
		const first = this.#take(1, at => this.#view.getUint8(at));
		if (first < 0x80) return first;
		if (first >= 0xe0) return first - 0x100;
		if (first < 0x90) return this.#map(first & 0xf, depth);
		if (first < 0xa0) return this.#list(first & 0xf, depth);
		if (first < 0xc0) return this.#string(first & 0x1f);
		return first < 0xca ? this.#simple(first) : first < 0xd4 ? this.#number(first) : this.#long(first, depth);
	}

	#take<T>(length: number, read: (at: number) => T): T {
		if (this.at + length > this.#text.length) throw this.#runtime.error('Missing bytes in input.');
		const value = read(this.at);
		this.at += length;
		return value;
	}

	/** Whole numbers, without a sign, of so many bytes. */
	#count(length: 1 | 2 | 4): number {
		return this.#take(length, at =>
			length === 1 ? this.#view.getUint8(at) : length === 2 ? this.#view.getUint16(at) : this.#view.getUint32(at),
		);
	}

	#simple(first: number): LuaValue {
		switch (first) {
			case 0xc0:
				return undefined;
			case 0xc2:
				return false;
			case 0xc3:
				return true;
			case 0xc4:
				return this.#string(this.#count(1));
			case 0xc5:
				return this.#string(this.#count(2));
			case 0xc6:
				return this.#string(this.#count(4));
			default:
				throw this.#runtime.error('Bad data format in input.');
		}
	}

	#number(first: number): LuaValue {
		const view = this.#view;
		switch (first) {
			case 0xca:
				return this.#take(4, at => view.getFloat32(at));
			case 0xcb:
				return this.#take(8, at => view.getFloat64(at));
			case 0xcc:
				return this.#count(1);
			case 0xcd:
				return this.#count(2);
			case 0xce:
				return this.#count(4);
			case 0xd0:
				return this.#take(1, at => view.getInt8(at));
			case 0xd1:
				return this.#take(2, at => view.getInt16(at));
			case 0xd2:
				return this.#take(4, at => view.getInt32(at));
			default:
				// As lua-cmsgpack reads it: also one without a sign becomes one with a sign.
				return Number(this.#take(8, at => view.getBigInt64(at)));
		}
	}

	#long(first: number, depth: number): LuaValue {
		switch (first) {
			case 0xd9:
				return this.#string(this.#count(1));
			case 0xda:
				return this.#string(this.#count(2));
			case 0xdb:
				return this.#string(this.#count(4));
			case 0xdc:
				return this.#list(this.#count(2), depth);
			case 0xdd:
				return this.#list(this.#count(4), depth);
			case 0xde:
				return this.#map(this.#count(2), depth);
			case 0xdf:
				return this.#map(this.#count(4), depth);
			default:
				throw this.#runtime.error('Bad data format in input.');
		}
	}

	#string(length: number): string {
		return this.#take(length, at => this.#runtime.text(this.#text.slice(at, at + length)));
	}

	#list(length: number, depth: number): LuaTable {
		const table = this.#runtime.newTable();
		for (let position = 1; position <= length; position += 1)
			this.#runtime.setRaw(table, position, this.read(depth + 1));
		return table;
	}

	#map(length: number, depth: number): LuaTable {
		const table = this.#runtime.newTable();
		for (let count = 0; count < length; count += 1) {
			const key = this.read(depth + 1);
			this.#runtime.setRaw(table, key, this.read(depth + 1));
		}
		return table;
	}
}

function pack(given: Given, runtime: Runtime): string {
	if (given.count === 0) throw given.wrong(0, 'MessagePack pack needs input.');
	const writer = new PackWriter(runtime);
	for (const value of given.values) writer.write(value);
	return runtime.text(writer.text);
}

function unpackAll(given: Given, runtime: Runtime): LuaValues {
	const reader = new PackReader(given.text(1), 0, runtime);
	const values: LuaValue[] = [];
	while (!reader.isAtEnd) values.push(reader.read());
	return values;
}

/** So many values, and before them where the next one begins; -1: it was the last one. */
function unpackSome(given: Given, runtime: Runtime, countMax: number, from: number): LuaValues {
	const text = given.text(1);
	if (countMax < 0 || from < 0 || from > text.length)
		throw runtime.error(`Start offset ${from} or limit ${countMax} is out of range.`);
	const reader = new PackReader(text, from, runtime);
	const values: LuaValue[] = [];
	while (!reader.isAtEnd && values.length < countMax) values.push(reader.read());
	return [reader.isAtEnd ? -1 : reader.at, ...values];
}

export function addPackLibrary(runtime: Runtime): void {
	const library = libraryOf(runtime, {
		pack,
		unpack: unpackAll,
		unpack_one: given => unpackSome(given, runtime, 1, given.integer(2, 0)),
		unpack_limit: given => unpackSome(given, runtime, given.integer(2), given.integer(3, 0)),
	});
	library.set('_NAME', 'cmsgpack');
	runtime.globals.set('cmsgpack', library);
}
