/**
 * Commands that compute what they write from what is there: read, then written by one transaction, which asks whether nothing has
 * changed since. If something has, all begins anew. So what is committed is one entry of the log, and nothing comes between.
 */
import type {Deadline, Key, Operation, Part, Result, Value, Version} from '../../../src/kv/types.js';
import type {RedisLimits} from '../limits.js';
import type {ReplyWriter} from '../reply-writer.js';
import {expectResult, type Plan} from './command.js';
import {invalidText} from './failures.js';

export interface Found {
	readonly value: Value | undefined;
	readonly version: Version;
	/** `undefined`: never. */
	readonly expiresAt?: Deadline | undefined;
}

/** What the command comes to, as things are. Nothing to write: it is decided by what was read. */
export interface Decision {
	readonly operations?: readonly Part[];
	readonly reply: (out: ReplyWriter) => void;
}

/** One try. */
export interface Attempt {
	/** Takes what was found of a key, in the order of the keys. */
	take(found: Found): void;
	/** Of what it keeps. */
	heldBytes(): number;
	decide(): Decision;
}

/** Read at once: values of 1 MiB each. */
const keysAtOnce = 8;
/** Each time somebody else's write to the same key was committed, so all together go on. */
const triesMax = 1000;

const contended =
	'TRYAGAIN the command was not executed: each time it was tried, another client changed the key before it could';

/** Inside MULTI: what is written there is said before anything is read. */
export const notQueued = 'it reads before it writes: WATCH its keys, GET them, and SET them in the transaction';

class Update {
	readonly #keys: readonly Key[];
	readonly #begin: () => Attempt;
	readonly #limits: RedisLimits;
	#attempt: Attempt;
	#versions: Version[] = [];
	#decision: Decision | undefined;
	#tries = 0;

	constructor(keys: readonly Key[], begin: () => Attempt, limits: RedisLimits) {
		this.#keys = keys;
		this.#begin = begin;
		this.#attempt = begin();
		this.#limits = limits;
	}

	heldBytes(): number {
		return this.#attempt.heldBytes();
	}

	reply(out: ReplyWriter): void {
		this.#decision?.reply(out);
	}

	reads(): readonly Operation[] {
		const from = this.#versions.length;
		return this.#keys.slice(from, from + keysAtOnce).map(key => ({type: 'get', key}));
	}

	take(results: readonly Result[]): readonly Operation[] | undefined {
		if (this.#decision !== undefined) return this.#judge(results);
		for (const result of results) {
			const found = expectResult(result, 'value');
			this.#versions.push(found.version);
			this.#attempt.take(found);
		}
		if (this.#versions.length < this.#keys.length) return this.reads();
		this.#decision = this.#attempt.decide();
		const {operations} = this.#decision;
		if (operations === undefined) return undefined;
		const compares = this.#keys.map((key, place) => ({key, expected: {version: this.#versions[place] ?? 0}}));
		return [{type: 'transaction', compares, operations}];
	}

	/** Of the transaction. */
	#judge([result]: readonly Result[]): readonly Operation[] | undefined {
		if (result === undefined || result.type === 'invalid') return this.#fail(result);
		const {isCommitted, results} = expectResult(result, 'transaction');
		if (isCommitted) return this.#fail(results.find(({type}) => type === 'invalid'));
		this.#tries += 1;
		if (this.#tries === triesMax) {
			this.#decision = {reply: out => out.error(contended)};
			return undefined;
		}
		this.#attempt = this.#begin();
		this.#versions = [];
		this.#decision = undefined;
		return this.reads();
	}

	#fail(result: Result | undefined): undefined {
		if (result?.type === 'invalid') this.#decision = {reply: out => out.error(invalidText(result, this.#limits))};
	}
}

/** `begin`: a try, which takes what is found of each of the keys. */
export function planUpdate(keys: readonly Key[], limits: RedisLimits, begin: () => Attempt): Plan {
	const update = new Update(keys, begin, limits);
	return {
		type: 'walk',
		first: update.reads(),
		take: results => update.take(results),
		heldBytes: () => update.heldBytes(),
		reply: out => update.reply(out),
	};
}

/** Of one key, or a few. */
export function planUpdateOf(
	keys: readonly Key[],
	limits: RedisLimits,
	decide: (...found: readonly Found[]) => Decision,
): Plan {
	return planUpdate(keys, limits, () => {
		const found: Found[] = [];
		return {
			take: each => found.push(each),
			heldBytes: () => found.reduce((sum, {value}) => sum + (value?.length ?? 0), 0),
			decide: () => decide(...found),
		};
	});
}

export const nothingFound: Found = {value: undefined, version: 0};

/** Puts the value where the key keeps its deadline. */
export const putKept = (key: Key, value: Value): Part => ({type: 'put', key, value, expiry: 'keep'});

/** Puts what was found of another key, deadline included. */
export function putFound(key: Key, {value = new Uint8Array(0), expiresAt}: Found): Part {
	return expiresAt === undefined ? {type: 'put', key, value} : {type: 'put', key, value, expiry: {expiresAt}};
}
