import type {Result} from '../../../src/kv/types.js';
import {unreachable} from '../../../src/base/errors.js';
import type {RedisLimits} from '../limits.js';
import {notAnInteger} from './command.js';
import type {Failure} from './failure.js';

/** Redis' words, which clients know. */
const outOfMemoryText = "OOM command not allowed when used memory > 'maxmemory'.";

/** What fails each time it is tried. */
const permanentCodes = new Set([
	'ERR_VALUE_TOO_LARGE',
	'ERR_MALFORMED',
	'ERR_UNSUPPORTED_OPERATION',
	'ERR_BATCH_TOO_LARGE',
]);

/** What Redis says of a server that cannot serve; libraries know these words. */
const words = new Map([
	['ERR_CLUSTER_DOWN', 'CLUSTERDOWN'],
	['ERR_CLUSTER_LOADING', 'LOADING'],
]);

/** Redis answers so even to a PING while it loads (seen with 7.0.15), and with INFO alone says how far it is. */
export const loadingText = 'LOADING the nodes of the cluster read their logs: try again soon';

/**
 * One line that tells what a person and a library need to know: may it have happened, and does trying again make sense?
 * TRYAGAIN is only for what did not happen, since libraries retry on that word by themselves, and an INCR that
 * did happen would then count twice. UNCERTAIN is nobody's keyword.
 */
export function failureText(failure: Failure, kind: 'read' | 'write'): string {
	const {code, outcome, message} = factsOf(failure.error);
	if (code === 'ERR_OUT_OF_MEMORY') return outOfMemoryText;
	if (kind === 'write' && outcome !== 'notExecuted')
		return `UNCERTAIN the command may have been executed, or may yet be (${code}): ${message}`;
	const known = words.get(code);
	if (known !== undefined) return `${known} ${message}`;
	const word = permanentCodes.has(code) ? 'ERR' : 'TRYAGAIN';
	return `${word} the command was not executed (${code}): ${message}`;
}

function factsOf(error: unknown): {code: string; outcome: unknown; message: string} {
	if (!(error instanceof Error)) return {code: 'unknown', outcome: undefined, message: String(error)};
	const {code = error.name, outcome} = error as {code?: unknown; outcome?: unknown};
	return {code: String(code), outcome, message: error.message};
}

type Invalid = Extract<Result, {type: 'invalid'}>;

/** Of a batch the first part that is invalid: Redis has one reply for all of it. */
export function invalidPart(result: Result): Invalid | undefined {
	if (result.type === 'invalid') return result;
	return result.type === 'batch' ? result.results.find(part => part.type === 'invalid') : undefined;
}

/** Redis' words for an operation that cannot be carried out. */
export function invalidText({reason}: Invalid, limits: RedisLimits): string {
	switch (reason) {
		case 'notANumber':
			return notAnInteger;
		case 'numberOverflow':
			return 'ERR increment or decrement would overflow';
		case 'valueTooLarge':
			return valueTooLargeText(limits);
		case 'resultTooLarge':
			return 'ERR the replies of this transaction are larger than one answer may be: read this key by itself';
		case 'outOfMemory':
			return outOfMemoryText;
		case 'notWatched':
			return 'ERR WATCH of a key that is absent is not supported on this engine: it cannot tell a key that was made and deleted since';
		case 'noSuchLease':
		case 'tooManyLeases':
			return 'ERR no command of this port has to do with leases';
		case 'malformed':
			return 'ERR the cluster does not know this operation';
		default:
			return unreachable(reason);
	}
}

export function valueTooLargeText({valueBytesMax}: Pick<RedisLimits, 'valueBytesMax'>): string {
	return `ERR value exceeds the limit of ${valueBytesMax} bytes`;
}
