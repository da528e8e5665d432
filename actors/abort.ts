/** Waits that an `AbortSignal` can end. */
import {ThreadraftError} from '../src/base/errors.js';
import {onAbort} from './on-abort.js';

/** How something is waited for. */
export interface WaitOptions {
	/** Ends the wait when it is aborted: the call rejects at once, with a `WaitAbortedError`. */
	readonly signal?: AbortSignal | undefined;
}

/** A wait was ended by its signal; `cause` is the signal's reason. */
export class WaitAbortedError extends ThreadraftError {
	override readonly name = 'WaitAbortedError';
	readonly code = 'ERR_ABORTED';

	/** `what` was waited for. */
	constructor(what: string, reason: unknown) {
		super(`The wait for ${what} was ended by its signal.`, {cause: reason});
	}
}

/** A function, so that the compiler does not take an earlier answer for the present one. */
export const isAborted = (signal: AbortSignal | undefined): boolean => signal?.aborted === true;

/** Does not call `action` if the signal is aborted already. An action that has begun has to look at the signal itself, and to end soon. */
export async function unlessAborted<T>(
	signal: AbortSignal | undefined,
	what: string,
	action: () => Promise<T>,
): Promise<T> {
	if (signal === undefined) return action();
	if (signal.aborted) throw new WaitAbortedError(what, signal.reason);
	let release = (): void => undefined;
	const aborted = new Promise<never>((_, reject) => {
		release = onAbort(signal, () => reject(new WaitAbortedError(what, signal.reason)));
	});
	try {
		return await Promise.race([action(), aborted]);
	} finally {
		release();
	}
}
