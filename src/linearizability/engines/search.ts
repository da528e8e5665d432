/** What every search can be told and asked: it runs in slices, so that a caller can race it, stop it and budget it. */
export interface Search {
	readonly name: 'wgl' | 'jit';
	/**
	 * Works for about `steps` model steps more, with a memo of at most `memoryBytesMax` bytes. `undefined`: not decided
	 * yet.
	 */
	advance(steps: number, memoryBytesMax: number): SearchOutcome | undefined;
	/** Model steps so far. */
	readonly steps: number;
	/** Bytes that its memo holds now. */
	readonly memoryBytes: number;
}

export type SearchOutcome = 'ok' | 'violation' | 'outOfMemory';

/** Which short cuts a search may take. All of it can be left out. */
export interface SearchOptions {
	/** Place a legal read-only operation at once, and never reconsider it. Off only to compare. @default true */
	readonly greedyReads?: boolean;
	/**
	 * Rules for unknown outcomes: never place one that changes nothing; of those that behave alike only the earliest; and
	 * what failed with fewer of them used up fails with more. Off only to compare. @default true
	 */
	readonly pendingRules?: boolean;
	/** Of completed operations that behave alike, place the one that returns first. Off only to compare. @default true */
	readonly symmetry?: boolean;
	/** Use the model's ranks. Off only to compare. @default true */
	readonly ranks?: boolean;
}
