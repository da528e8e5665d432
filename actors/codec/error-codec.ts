/** Errors as they cross from one thread to another. */
import {inspect} from 'node:util';
import {ThreadraftError} from '../../src/base/errors.js';

/** An error of another thread whose class is not known here. */
export class RemoteError extends ThreadraftError {
	override readonly name = 'RemoteError';
	readonly code: `ERR_${string}`;
	/** The `name` that it had over there. */
	readonly remoteName: string;

	constructor(remoteName: string, code: `ERR_${string}`, message: string, options: ErrorOptions) {
		super(message, options);
		this.remoteName = remoteName;
		this.code = code;
	}
}

/** An error as plain data. The structured clone of an `Error` loses its class, its `code` and its fields. */
export interface EncodedError {
	readonly name: string;
	readonly code: string | undefined;
	readonly message: string;
	readonly stack: string | undefined;
	/** Own enumerable fields; what cannot be cloned is carried as the text that describes it. */
	readonly fields: Readonly<Record<string, unknown>>;
	readonly cause: EncodedError | undefined;
	/** Of an `AggregateError`, and of any other error that has a list of this name. */
	readonly errors: readonly EncodedError[] | undefined;
}

/** A class that {@link decodeError} may rebuild; it is found by its `name`. */
export type ErrorClass = {readonly name: string; readonly prototype: Error};

/** Causes and lists of errors may form a ring, so neither goes deeper than this. */
const causesMax = 8;
/** Lists of errors may be long: what is beyond this number in all is left out. */
const errorsMax = 64;

/** What is left of both. */
interface Budget {
	readonly depth: number;
	readonly shared: {errorsLeft: number};
}

/** Of the language. */
const ownClasses: readonly ErrorClass[] = [AggregateError, Error, RangeError, SyntaxError, TypeError];

/** Never fails: whatever was thrown becomes data that can be posted to another thread. */
export function encodeError(thrown: unknown): EncodedError {
	return encodeWithin(thrown, {depth: causesMax, shared: {errorsLeft: errorsMax}});
}

function encodeWithin(thrown: unknown, budget: Budget): EncodedError {
	try {
		return isErrorLike(thrown) ? encodeFacts(thrown, budget) : encodedText(inspect(thrown));
	} catch (error) {
		return encodedText(`an error that cannot be read (reading it threw ${typeof error})`);
	}
}

interface ErrorLike {
	readonly name: unknown;
	readonly message: string;
}

/** Not by class alone: an error of another realm, or one that only looks like one, has a message as well. */
const isErrorLike = (thrown: unknown): thrown is ErrorLike =>
	typeof thrown === 'object' && thrown !== null && 'message' in thrown && typeof thrown.message === 'string';

function encodeFacts(thrown: ErrorLike, budget: Budget): EncodedError {
	const {
		code,
		name: _name,
		message: _message,
		stack: _stack,
		cause: _cause,
		errors: _errors,
		...fields
	} = {
		...thrown,
	} as Readonly<Record<string, unknown>>;
	// The list of an `AggregateError` is not enumerable.
	const {stack, cause, errors} = thrown as {
		readonly stack?: unknown;
		readonly cause?: unknown;
		readonly errors?: unknown;
	};
	const encodeNext = (next: unknown): EncodedError | undefined => {
		const {depth, shared} = budget;
		if (next === undefined || depth === 0 || shared.errorsLeft === 0) return undefined;
		shared.errorsLeft -= 1;
		return encodeWithin(next, {depth: depth - 1, shared});
	};
	return {
		name: typeof thrown.name === 'string' ? thrown.name : 'Error',
		code: typeof code === 'string' ? code : undefined,
		message: thrown.message,
		stack: typeof stack === 'string' ? stack : undefined,
		fields: Object.fromEntries(Object.entries(fields).map(([key, value]) => [key, cloneable(value)])),
		cause: encodeNext(cause),
		errors: Array.isArray(errors) ? errors.map(encodeNext).filter(next => next !== undefined) : undefined,
	};
}

const encodedText = (message: string): EncodedError => ({
	name: 'Error',
	code: undefined,
	message,
	stack: undefined,
	fields: {},
	cause: undefined,
	errors: undefined,
});

/**
 * Rebuilds an error: of its own class when that is the language's or among `classes`, so that `instanceof` holds, and
 * else a {@link RemoteError}. Private fields (`#x`) of a class are not carried.
 */
export function decodeError(encoded: EncodedError, classes: readonly ErrorClass[] = []): Error {
	const cause = encoded.cause === undefined ? undefined : decodeError(encoded.cause, classes);
	const options = cause === undefined ? {} : {cause};
	const known = [...classes, ...ownClasses].find(({name}) => name === encoded.name);
	if (known === undefined) {
		const error = new RemoteError(
			encoded.name,
			isCode(encoded.code) ? encoded.code : 'ERR_REMOTE',
			encoded.message,
			options,
		);
		return Object.assign(withLists(error, encoded, classes), encoded.fields);
	}
	const error: Error = Object.setPrototypeOf(new Error(encoded.message, options), known.prototype);
	const name = error.name === encoded.name ? {} : {name: encoded.name};
	const code = encoded.code === undefined ? {} : {code: encoded.code};
	return Object.assign(withLists(error, encoded, classes), name, code, encoded.fields);
}

/** The stack is that of the thread where it was thrown: the place of decoding says nothing. */
function withLists(error: Error, {stack, errors}: EncodedError, classes: readonly ErrorClass[]): Error {
	define(error, 'stack', stack);
	if (errors !== undefined) {
		define(
			error,
			'errors',
			errors.map(each => decodeError(each, classes)),
		);
	}
	return error;
}

/** As the language defines them: not enumerable. */
function define(error: Error, key: 'stack' | 'errors', value: unknown): void {
	Object.defineProperty(error, key, {value, writable: true, configurable: true, enumerable: false});
}

const isCode = (code: string | undefined): code is `ERR_${string}` => code?.startsWith('ERR_') === true;

function cloneable(value: unknown): unknown {
	try {
		return structuredClone(value);
	} catch {
		return inspect(value);
	}
}
