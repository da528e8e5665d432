/** Checks what goes along with one call, since a program in JavaScript can hand over anything. Costs no allocation. */
import {knownOptions} from './check-options.js';
import {OptionError} from './option-error.js';

const operationOptionNames: ReadonlySet<string> = new Set(['signal']);
export const putOptionNames: ReadonlySet<string> = new Set(['signal', 'ttlMs', 'expiresAt', 'leaseId', 'keepsExpiry']);
export const rangeOptionNames: ReadonlySet<string> = new Set(['signal', 'prefix']);
export const watchOptionNames: ReadonlySet<string> = new Set(['signal', 'prefix', 'from']);

/** Throws an `OptionError` for a name that says nothing here, as one that is written wrong: what it asks for would not be done. `path`: what the caller calls the object. */
export function checkNames(given: unknown, names: ReadonlySet<string>, path = ''): void {
	if (typeof given !== 'object' || given === null) throw OptionError.value(path || 'options', 'an object', given);
	for (const name in given) {
		if (names.has(name)) continue;
		const option = path === '' ? name : `${path}.${name}`;
		throw OptionError.unknown(option, knownOptions(name, [...names]), (given as Record<string, unknown>)[name]);
	}
}

/** Throws an `OptionError` for options that have another name than these, or a signal that is none. */
export function checkCallOptions(
	options: {readonly signal?: AbortSignal | undefined} | undefined,
	names: ReadonlySet<string> = operationOptionNames,
): void {
	if (options === undefined) return;
	checkNames(options, names);
	const {signal} = options;
	// Not by its class: a signal of another realm or of a polyfill serves as well.
	if (signal === undefined || typeof (signal as Partial<AbortSignal> | null)?.addEventListener === 'function') return;
	throw OptionError.value('signal', 'an AbortSignal', signal);
}
