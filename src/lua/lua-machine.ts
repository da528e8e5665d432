/**
 * A Lua 5.1 for scripts of a replicated machine. What a script does is a function of its text and of what it is given: there is
 * no clock, no file, no chance of its own, and `pairs` goes in an order that only the script decides. What runs it is bounded in
 * steps and bytes, which are counted and not measured.
 *
 * Not there: coroutines, `debug`, `os`, `io`, `string.dump`, and finalizers.
 */
import {addBaseLibrary} from './base-library.js';
import {addBitLibrary} from './bit-library.js';
import {compileLua} from './compile.js';
import {addMathLibrary} from './math-library.js';
import type {LuaLimits} from './meter.js';
import {Runtime} from './runtime.js';
import {addStringLibrary} from './string-library.js';
import {addTableLibrary} from './table-library.js';
import type {LuaValues} from './values.js';

/** A text that can be run. */
export type Chunk = () => LuaValues;

export class LuaMachine {
	readonly runtime = new Runtime();
	readonly #beginChance: () => void;

	constructor() {
		addBaseLibrary(this.runtime);
		addStringLibrary(this.runtime);
		addTableLibrary(this.runtime);
		this.#beginChance = addMathLibrary(this.runtime);
		addBitLibrary(this.runtime);
	}

	/** `text`: a byte string; `chunkName`: how errors name it. Throws a `LuaSyntaxError`. */
	compile(text: string, chunkName: string): Chunk {
		const run = compileLua(this.runtime, text, chunkName);
		return () => run([]);
	}

	/** From here on a run is counted, and draws the numbers that each run draws. */
	begin(limits: LuaLimits): void {
		this.runtime.meter.begin(limits);
		this.runtime.place = '';
		this.#beginChance();
	}
}
