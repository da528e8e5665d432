import {inspect} from 'node:util';
import {
	ActorFailedError,
	ActorNameTakenError,
	ActorNotFoundError,
	ActorStoppedError,
	AskFailedError,
	AskTimeoutError,
	LinkClosedError,
	MailboxFullError,
	NotCloneableError,
	RemoteError,
} from './errors.js';

/** An error as plain data. The structured clone of an `Error` loses its class, its `code` and its fields. */
export interface EncodedError {
	readonly name: string;
	readonly code: string | undefined;
	readonly message: string;
	readonly stack: string | undefined;
	/** Own enumerable fields; what cannot be cloned is carried as the text that describes it. */
	readonly fields: Readonly<Record<string, unknown>>;
	readonly cause: EncodedError | undefined;
}

/** A class that {@link decodeError} may rebuild; it is found by its `name`. */
export type ErrorClass = {readonly name: string; readonly prototype: Error};

/** A chain of causes may be a ring. */
const causesMax = 8;

const ownClasses: readonly ErrorClass[] = [
	ActorFailedError,
	ActorNameTakenError,
	ActorNotFoundError,
	ActorStoppedError,
	AskFailedError,
	AskTimeoutError,
	LinkClosedError,
	MailboxFullError,
	NotCloneableError,
	Error,
	RangeError,
	SyntaxError,
	TypeError,
];

/** Never fails: whatever was thrown becomes data that can be posted to another thread. */
export function encodeError(thrown: unknown, causes = causesMax): EncodedError {
	if (!(thrown instanceof Error)) {
		return {name: 'Error', code: undefined, message: inspect(thrown), stack: undefined, fields: {}, cause: undefined};
	}
	const own: Readonly<Record<string, unknown>> = Object.fromEntries(Object.entries(thrown));
	const {code, name: _name, message: _message, stack: _stack, cause: _cause, ...fields} = own;
	return {
		name: thrown.name,
		code: typeof code === 'string' ? code : undefined,
		message: thrown.message,
		stack: thrown.stack,
		fields: Object.fromEntries(Object.entries(fields).map(([key, value]) => [key, cloneable(value)])),
		cause: thrown.cause === undefined || causes === 0 ? undefined : encodeError(thrown.cause, causes - 1),
	};
}

/**
 * Rebuilds an error: of its own class when that is the runtime's or among `classes`, so that `instanceof` holds, and
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
		return Object.assign(withStack(error, encoded), encoded.fields);
	}
	const error: Error = Object.setPrototypeOf(new Error(encoded.message, options), known.prototype);
	const name = error.name === encoded.name ? {} : {name: encoded.name};
	const code = encoded.code === undefined ? {} : {code: encoded.code};
	return Object.assign(withStack(error, encoded), name, code, encoded.fields);
}

/** The stack of the thread where it was thrown: the place of decoding says nothing. */
function withStack(error: Error, {stack}: EncodedError): Error {
	Object.defineProperty(error, 'stack', {value: stack, writable: true, configurable: true, enumerable: false});
	return error;
}

const isCode = (code: string | undefined): code is `ERR_${string}` => code?.startsWith('ERR_') === true;

function cloneable(value: unknown): unknown {
	try {
		return structuredClone(value);
	} catch {
		return inspect(value);
	}
}
