/** What the parts of a running script share: what its operators do, with metatables, and how its errors read. */
import {elementBytes, Meter} from './meter.js';
import {parseNumber, textOfNumber} from './numbers.js';
import {LuaError, LuaFunction, LuaHandle, LuaTable, type LuaValue, type LuaValues, typeName} from './values.js';

/** What levels of calls and of syntax may be open together: a stack of unknown size must never decide. */
const depthMax = 1000;
/** What a call counts for besides the levels of its function. */
const callDepth = 3;
/** Tables that are asked one after the other for a key. */
const indexChainMax = 100;

export const readonlyText = 'Attempt to modify a readonly table';

export type Arithmetic = '+' | '-' | '*' | '/' | '%' | '^';

const metamethods: Record<Arithmetic, string> = {
	'+': '__add',
	'-': '__sub',
	'*': '__mul',
	'/': '__div',
	'%': '__mod',
	'^': '__pow',
};

function calculate(operator: Arithmetic, left: number, right: number): number {
	switch (operator) {
		case '+':
			return left + right;
		case '-':
			return left - right;
		case '*':
			return left * right;
		case '/':
			return left / right;
		case '%':
			return left - Math.floor(left / right) * right;
		case '^':
			return left ** right;
		default:
			return operator satisfies never;
	}
}

export class Runtime {
	readonly meter = new Meter();
	readonly globals = new LuaTable();
	/** Of strings: what `("x"):rep(3)` finds. */
	stringMetatable: LuaTable | undefined;
	/** Where the last call was made: `chunk:line: ` begins an error's text. */
	place = '';
	/** That call was one with a colon: the value before it is none of those that an error counts. */
	isMethod = false;

	/** An error whose text begins with the place of the last call. */
	error(text: string): LuaError {
		return new LuaError(`${this.place}${text}`);
	}

	/** `name`: how the script names what is called. */
	call(called: LuaValue, values: LuaValues, name = ''): LuaValues {
		this.meter.step(1 + values.length);
		const before = this.enter(0);
		let results: LuaValues;
		if (called instanceof LuaFunction) results = called.call(values);
		else {
			const method = this.#metamethod(called, '__call');
			if (method === undefined) throw this.error(`attempt to call ${described(name, called)}`);
			results = this.call(method, [called, ...values]);
		}
		this.meter.depth = before;
		return results;
	}

	/** Counts a call, and what is open in it; returns what the depth was. */
	enter(levels: number): number {
		const before = this.meter.depth;
		this.meter.depth = before + levels + callDepth;
		if (this.meter.depth > depthMax) {
			this.meter.depth = before;
			throw this.error('stack overflow');
		}
		return before;
	}

	newTable(): LuaTable {
		this.meter.allocate(elementBytes);
		return new LuaTable();
	}

	/** Notes that the text is made. */
	text(text: string): string {
		this.meter.allocate(text.length);
		return text;
	}

	// ------------------------------------------------------------------------------------------------------- tables

	/** `name`: how the script names what is asked, "global 'x' " for instance. */
	index(value: LuaValue, key: LuaValue, name = ''): LuaValue {
		let asked = value;
		for (let link = 0; link < indexChainMax; link += 1) {
			if (asked instanceof LuaTable) {
				const found = asked.get(key);
				if (found !== undefined || asked.metatable === undefined) return found;
			}
			const handler = this.#metamethod(asked, '__index');
			if (handler === undefined) {
				if (asked instanceof LuaTable) return undefined;
				throw this.error(`attempt to index ${described(name, asked)}`);
			}
			if (handler instanceof LuaFunction) return this.call(handler, [asked, key])[0];
			asked = handler;
		}
		throw this.error('loop in gettable');
	}

	setIndex(value: LuaValue, key: LuaValue, element: LuaValue, name = ''): void {
		let asked = value;
		for (let link = 0; link < indexChainMax; link += 1) {
			const handler = asked instanceof LuaTable && asked.metatable === undefined ? undefined : this.#setter(asked, key);
			if (handler === undefined) {
				if (!(asked instanceof LuaTable)) throw this.error(`attempt to index ${described(name, asked)}`);
				if (asked.isReadonly) throw this.error(readonlyText);
				return this.setRaw(asked, key, element);
			}
			if (handler instanceof LuaFunction) {
				this.call(handler, [asked, key, element]);
				return;
			}
			asked = handler;
		}
		throw this.error('loop in settable');
	}

	setRaw(table: LuaTable, key: LuaValue, element: LuaValue): void {
		if (table.isReadonly) throw new LuaError(readonlyText);
		if (key === undefined) throw this.error('table index is nil');
		if (Number.isNaN(key)) throw this.error('table index is NaN');
		this.meter.allocate(elementBytes);
		table.set(key, element);
	}

	#setter(value: LuaValue, key: LuaValue): LuaValue {
		if (value instanceof LuaTable && value.get(key) !== undefined) return undefined;
		return this.#metamethod(value, '__newindex');
	}

	metatableOf(value: LuaValue): LuaTable | undefined {
		if (value instanceof LuaTable) return value.metatable;
		return typeof value === 'string' ? this.stringMetatable : undefined;
	}

	#metamethod(value: LuaValue, name: string): LuaValue {
		return this.metatableOf(value)?.get(name);
	}

	// ---------------------------------------------------------------------------------------------------- operators

	arithmetic(
		operator: Arithmetic,
		left: LuaValue,
		right: LuaValue,
		names: readonly [string, string] = ['', ''],
	): LuaValue {
		if (typeof left === 'number' && typeof right === 'number') return calculate(operator, left, right);
		const first = numberOf(left);
		const second = numberOf(right);
		if (first !== undefined && second !== undefined) return calculate(operator, first, second);
		const name = metamethods[operator];
		const method = this.#metamethod(left, name) ?? this.#metamethod(right, name);
		if (method !== undefined) return this.call(method, [left, right])[0];
		const [wrong, wrongName] = first === undefined ? [left, names[0]] : [right, names[1]];
		throw this.error(`attempt to perform arithmetic on ${described(wrongName, wrong)}`);
	}

	negative(value: LuaValue, name: string): LuaValue {
		const number = numberOf(value);
		if (number !== undefined) return -number;
		const method = this.#metamethod(value, '__unm');
		if (method !== undefined) return this.call(method, [value, value])[0];
		throw this.error(`attempt to perform arithmetic on ${described(name, value)}`);
	}

	length(value: LuaValue, name: string): number {
		if (typeof value === 'string') return value.length;
		if (value instanceof LuaTable) return value.length;
		throw this.error(`attempt to get length of ${described(name, value)}`);
	}

	concat(left: LuaValue, right: LuaValue, names: readonly [string, string]): LuaValue {
		const first = textOf(left);
		const second = textOf(right);
		if (first !== undefined && second !== undefined) return this.text(first + second);
		const method = this.#metamethod(left, '__concat') ?? this.#metamethod(right, '__concat');
		if (method !== undefined) return this.call(method, [left, right])[0];
		const [wrong, wrongName] = first === undefined ? [left, names[0]] : [right, names[1]];
		throw this.error(`attempt to concatenate ${described(wrongName, wrong)}`);
	}

	isEqual(left: LuaValue, right: LuaValue): boolean {
		if (left === right) return true;
		if (!(left instanceof LuaTable) || !(right instanceof LuaTable)) return false;
		const method = this.#metamethod(left, '__eq');
		if (method === undefined || method !== this.#metamethod(right, '__eq')) return false;
		const [result] = this.call(method, [left, right]);
		return result !== undefined && result !== false;
	}

	isLess(left: LuaValue, right: LuaValue): boolean {
		if (typeof left === 'number' && typeof right === 'number') return left < right;
		if (typeof left === 'string' && typeof right === 'string') return left < right;
		return this.#compare('__lt', left, right) ?? this.#failComparing(left, right);
	}

	isLessOrEqual(left: LuaValue, right: LuaValue): boolean {
		if (typeof left === 'number' && typeof right === 'number') return left <= right;
		if (typeof left === 'string' && typeof right === 'string') return left <= right;
		const isLessOrEqual = this.#compare('__le', left, right);
		if (isLessOrEqual !== undefined) return isLessOrEqual;
		const isGreater = this.#compare('__lt', right, left);
		return isGreater === undefined ? this.#failComparing(left, right) : !isGreater;
	}

	#compare(name: string, left: LuaValue, right: LuaValue): boolean | undefined {
		const method = this.#metamethod(left, name);
		if (method === undefined || method !== this.#metamethod(right, name)) return undefined;
		const [result] = this.call(method, [left, right]);
		return result !== undefined && result !== false;
	}

	#failComparing(left: LuaValue, right: LuaValue): never {
		const first = typeName(left);
		const second = typeName(right);
		throw this.error(
			first === second ? `attempt to compare two ${first} values` : `attempt to compare ${first} with ${second}`,
		);
	}

	/** What `tostring` makes of it. */
	toText(value: LuaValue): string {
		const method = this.#metamethod(value, '__tostring');
		if (method !== undefined && typeof value !== 'string') {
			const [text] = this.call(method, [value]);
			if (typeof text !== 'string') throw this.error("'tostring' must return a string to 'print'");
			return text;
		}
		// No addresses: they would differ between replicas.
		if (value instanceof LuaHandle) return `userdata: ${value.name}`;
		return (
			textOf(value) ?? (value === undefined ? 'nil' : typeof value === 'boolean' ? String(value) : typeName(value))
		);
	}
}

const described = (name: string, value: LuaValue): string =>
	name === '' ? `a ${typeName(value)} value` : `${name} (a ${typeName(value)} value)`;

/** As a number, where it is one or reads as one. */
export function numberOf(value: LuaValue): number | undefined {
	if (typeof value === 'number') return value;
	return typeof value === 'string' ? parseNumber(value) : undefined;
}

/** As a text, where it is one or a number. */
export function textOf(value: LuaValue): string | undefined {
	if (typeof value === 'string') return value;
	return typeof value === 'number' ? textOfNumber(value) : undefined;
}
