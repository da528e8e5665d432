/** What a run may take. All replicas count the same, so all of them stop at the same place: there is no clock here. */
export interface LuaLimits {
	/** Statements, calls, rounds of loops, and what libraries do for each byte or element. */
	readonly stepsMax: number;
	/** Of all strings and elements of tables that a run makes, those included that it drops again. */
	readonly bytesMax: number;
}

/** Not a `LuaError`: no `pcall` catches it. */
export class LuaLimitError extends Error {
	readonly limit: 'steps' | 'bytes';

	constructor(limit: 'steps' | 'bytes') {
		super(`a script has reached its limit of ${limit}`);
		this.limit = limit;
	}
}

/** Bytes that an element of a table, or a table, counts for. */
export const elementBytes = 32;

/** Counts what one run after the other takes. */
export class Meter {
	#stepsLeft = 0;
	#bytesLeft = 0;
	/** Calls that have not returned. */
	depth = 0;

	begin({stepsMax, bytesMax}: LuaLimits): void {
		this.#stepsLeft = stepsMax;
		this.#bytesLeft = bytesMax;
		this.depth = 0;
	}

	step(count = 1): void {
		this.#stepsLeft -= count;
		if (this.#stepsLeft < 0) throw new LuaLimitError('steps');
	}

	/** To be called before the bytes are there. A step is counted for each 64 of them. */
	allocate(bytes: number): void {
		this.#bytesLeft -= bytes;
		if (this.#bytesLeft < 0) throw new LuaLimitError('bytes');
		this.step(bytes >>> 6);
	}
}
