/** Which variable a name means. Each variable is a cell, so that functions that outlive its block share it. */
import type {LuaValue, LuaValues} from './values.js';

export interface Cell {
	value: LuaValue;
}

/** One call of a function of a script. */
export interface Frame {
	/** Of its own variables. */
	readonly cells: Cell[];
	/** Of variables of the functions around it. */
	readonly captured: readonly Cell[];
	/** What `...` is. */
	readonly rest: LuaValues;
}

/** Where a variable is, in the frame of the function that names it. */
export type Variable = {readonly type: 'own' | 'captured'; readonly offset: number};

/** The names of a function, while it is compiled. */
export class FunctionScope {
	readonly #parent: FunctionScope | undefined;
	readonly #blocks: Map<string, number>[] = [new Map()];
	readonly #captured = new Map<string, {readonly offset: number; readonly from: Variable}[]>();
	readonly captures: Variable[] = [];
	readonly hasRest: boolean;
	#cellCount = 0;
	/** Syntax that is open in it at once, at most: see `Runtime.enter`. */
	levelsMax = 0;

	constructor(parent: FunctionScope | undefined, hasRest: boolean) {
		this.#parent = parent;
		this.hasRest = hasRest;
	}

	openBlock(): void {
		this.#blocks.push(new Map());
	}

	closeBlock(): void {
		this.#blocks.pop();
	}

	/** Where the cell of a new variable goes. */
	declare(name: string): number {
		const offset = this.#cellCount;
		this.#cellCount += 1;
		this.#blocks.at(-1)?.set(name, offset);
		return offset;
	}

	/** `undefined`: the name is a global one. */
	find(name: string): Variable | undefined {
		for (let block = this.#blocks.length - 1; block >= 0; block -= 1) {
			const offset = this.#blocks[block]?.get(name);
			if (offset !== undefined) return {type: 'own', offset};
		}
		const from = this.#parent?.find(name);
		return from === undefined ? undefined : {type: 'captured', offset: this.#capture(name, from)};
	}

	#capture(name: string, from: Variable): number {
		const known = this.#captured.get(name) ?? [];
		const found = known.find(each => each.from.type === from.type && each.from.offset === from.offset);
		if (found !== undefined) return found.offset;
		const offset = this.captures.push(from) - 1;
		this.#captured.set(name, [...known, {offset, from}]);
		return offset;
	}
}

export const cellOf = (frame: Frame, {type, offset}: Variable): Cell =>
	(type === 'own' ? frame.cells[offset] : frame.captured[offset]) as Cell;
