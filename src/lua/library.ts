/** How functions of libraries are written: what they are given is checked as Lua does, with its words. */
import {numberOf, type Runtime, textOf} from './runtime.js';
import {type LuaError, LuaFunction, LuaTable, type LuaValue, type LuaValues, typeName} from './values.js';

/** The values that one call of a library's function is given. Positions count from 1. */
export class Given {
	readonly values: LuaValues;
	readonly #runtime: Runtime;
	readonly #name: string;

	constructor(runtime: Runtime, name: string, values: LuaValues) {
		this.#runtime = runtime;
		this.#name = name;
		this.values = values;
	}

	get count(): number {
		return this.values.length;
	}

	at(position: number): LuaValue {
		return this.values[position - 1];
	}

	/** Any value, nil included. */
	any(position: number): LuaValue {
		if (position > this.values.length) throw this.wrong(position, 'value expected');
		return this.at(position);
	}

	table(position: number): LuaTable {
		const value = this.at(position);
		if (value instanceof LuaTable) return value;
		throw this.#wrongType(position, 'table');
	}

	function(position: number): LuaFunction {
		const value = this.at(position);
		if (value instanceof LuaFunction) return value;
		throw this.#wrongType(position, 'function');
	}

	text(position: number, otherwise?: string): string {
		const value = this.at(position);
		if (value === undefined && otherwise !== undefined) return otherwise;
		const text = textOf(value);
		if (text === undefined) throw this.#wrongType(position, 'string');
		return text;
	}

	number(position: number, otherwise?: number): number {
		const value = this.at(position);
		if (value === undefined && otherwise !== undefined) return otherwise;
		const number = numberOf(value);
		if (number === undefined) throw this.#wrongType(position, 'number');
		return number;
	}

	/** Without what is behind the point. */
	integer(position: number, otherwise?: number): number {
		const number = Math.trunc(this.number(position, otherwise));
		return Number.isNaN(number) ? 0 : number;
	}

	wrong(position: number, reason: string): LuaError {
		const {isMethod} = this.#runtime;
		if (isMethod && position === 1) return this.#runtime.error(`calling '${this.#name}' on bad self`);
		return this.#runtime.error(`bad argument #${isMethod ? position - 1 : position} to '${this.#name}' (${reason})`);
	}

	#wrongType(position: number, expected: string): LuaError {
		const found = position > this.values.length ? 'no value' : typeName(this.at(position));
		return this.wrong(position, `${expected} expected, got ${found}`);
	}
}

export type LibraryFunction = (given: Given, runtime: Runtime) => LuaValue | LuaValues;

/** A table of functions. A function that returns a list returns several values. */
export function libraryOf(runtime: Runtime, functions: Readonly<Record<string, LibraryFunction>>): LuaTable {
	const table = new LuaTable();
	for (const [name, run] of Object.entries(functions)) table.set(name, functionOf(runtime, name, run));
	return table;
}

function functionOf(runtime: Runtime, name: string, run: LibraryFunction): LuaFunction {
	return new LuaFunction(values => {
		const result = run(new Given(runtime, name, values), runtime);
		return isMany(result) ? result : [result];
	});
}

const isMany = (result: LuaValue | LuaValues): result is LuaValues => Array.isArray(result);
