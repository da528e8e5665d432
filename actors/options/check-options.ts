/** Options are checked where they are given, by a schema. Each schema carries the words that say what is allowed. */
import * as v from 'valibot';
import {nearestName} from '../nearest-name.js';
import {OptionError} from './option-error.js';

/** Node's timers fire at once beyond this, ms. */
const timerMaxMs = 2 ** 31 - 1;

function numbers(unit: string, min: number, max: number): string {
	const range = max === Number.MAX_SAFE_INTEGER ? `from ${min} on` : `from ${min} to ${max}`;
	return `${unit} ${range}`;
}

export function milliseconds(min = 1, max = timerMaxMs) {
	const allowed = numbers('a number of milliseconds', min, max);
	return v.pipe(v.number(allowed), v.minValue(min, allowed), v.maxValue(max, allowed));
}

function whole(unit: string, min: number, max: number) {
	const allowed = numbers(unit, min, max);
	return v.pipe(v.number(allowed), v.safeInteger(allowed), v.minValue(min, allowed), v.maxValue(max, allowed));
}

export const wholeMilliseconds = (min: number, max = Number.MAX_SAFE_INTEGER) =>
	whole('a whole number of milliseconds', min, max);
export const wholeNumber = (min: number, max = Number.MAX_SAFE_INTEGER) => whole('a whole number', min, max);
export const bytes = (min = 1, max = Number.MAX_SAFE_INTEGER) => whole('a whole number of bytes', min, max);
export const flag = () => v.boolean('true or false');
export const anyObject = () => v.looseObject({}, 'an object');
export const callback = () => v.function('a function');
export const fileLocation = () => v.union([text(), v.instance(URL)], 'a path or a URL of a file');
export const text = () => v.pipe(v.string('a text'), v.nonEmpty('a text that is not empty'));

/** An object with these options and no others. Each that is not in `required` may be left out, or be `undefined`. */
export function optionsOf(entries: v.ObjectEntries, required: v.ObjectEntries = {}) {
	const names = [...Object.keys(required), ...Object.keys(entries)];
	const optional = Object.entries(entries).map(([name, schema]) => [name, v.optional(schema)] as const);
	return v.strictObject({...required, ...Object.fromEntries(optional)}, issue => {
		const name = issue.path?.at(-1)?.key;
		if (typeof name !== 'string') return 'an object';
		return issue.expected === 'never' ? knownOptions(name, names) : 'given';
	});
}

/** In words, for a name that is none of them. */
export function knownOptions(name: string, names: readonly string[]): string {
	const nearest = nearestName(name, names);
	return nearest === undefined ? `there are ${names.join(', ')}` : `did you mean ${nearest}?`;
}

/** Throws an `OptionError` for the first option that the schema refuses. `whole`: what to call all of them together. */
export function checkOptions(schema: v.GenericSchema, given: unknown, whole = 'options'): void {
	const [issue] = v.safeParse(schema, given, {abortEarly: true}).issues ?? [];
	if (issue === undefined) return;
	const option = v.getDotPath(issue) ?? whole;
	const value = issue.path === undefined ? given : issue.path.at(-1)?.value;
	if (issue.expected === 'never') throw OptionError.unknown(option, issue.message, value);
	throw OptionError.value(option, issue.message, value);
}

/** Those that are not `undefined`, so that a spread over defaults keeps the defaults. */
export function given<Options extends object>(options: Options): Options {
	return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Options;
}

/** Throws an `OptionError` unless the schema takes this argument of a call. */
export function checkArgument(name: string, schema: v.GenericSchema, given: unknown): void {
	const [issue] = v.safeParse(schema, given, {abortEarly: true}).issues ?? [];
	if (issue !== undefined) throw OptionError.value(name, issue.message, given);
}
