import type {Expiry, Value, ValueCondition} from '../../../src/kv/types.js';
import {parseInt64} from '../int64.js';
import {notAnInteger, partAt, syntaxError, textAt} from './command.js';
import {atMillisecond, atSecond, expiryOf, inMilliseconds, inSeconds, invalidTime, type TimeForm} from './times.js';

/** What follows a key and its value, or a key. */
interface Options {
	readonly condition: 'absent' | 'present' | ValueCondition | undefined;
	readonly returnPrevious: boolean;
	/** KEEPTTL or PERSIST. */
	readonly keepsOrTakes: boolean;
	/** The last one given, and how. */
	readonly time: {readonly form: TimeForm; readonly given: Buffer} | undefined;
}

const timeForms: ReadonlyMap<string, TimeForm> = new Map([
	['ex', inSeconds],
	['px', inMilliseconds],
	['exat', atSecond],
	['pxat', atMillisecond],
]);

/** IFEQ or IFNE, in lower case, and what they compare with. */
export const valueCondition = (option: string, value: Value): ValueCondition =>
	option === 'ifeq' ? {is: value} : {isNot: value};

const noOptions: Options = {condition: undefined, returnPrevious: false, keepsOrTakes: false, time: undefined};

/** Of the parts from `from` on; `undefined`: what they say is no option, or contradicts another. */
function optionsFrom(parts: readonly Buffer[], from: number, command: 'set' | 'getex'): Options | undefined {
	if (parts.length === from) return noOptions;
	let {condition, returnPrevious, keepsOrTakes, time} = noOptions;
	for (let at = from; at < parts.length; at++) {
		const option = textAt(parts, at).toLowerCase();
		const form = timeForms.get(option);
		if (form !== undefined) {
			if (keepsOrTakes || (time !== undefined && time.form !== form) || at + 1 === parts.length) return undefined;
			at += 1;
			time = {form, given: partAt(parts, at)};
		} else if (option === (command === 'set' ? 'keepttl' : 'persist') && time === undefined) keepsOrTakes = true;
		else if (command === 'getex') return undefined;
		else if (option === 'nx' && (condition ?? 'absent') === 'absent') condition = 'absent';
		else if (option === 'xx' && (condition ?? 'present') === 'present') condition = 'present';
		else if (/^if(?:eq|ne)$/.test(option) && condition === undefined && at + 1 < parts.length) {
			at += 1;
			condition = valueCondition(option, partAt(parts, at));
		} else if (option === 'get') returnPrevious = true;
		else return undefined;
	}
	return {condition, returnPrevious, keepsOrTakes, time};
}

/** The time of SET, SETEX or GETEX, or the error that it is: these want one above 0. */
export function positiveTime(given: Buffer, form: TimeForm, command: string): Expiry | string {
	const time = parseInt64(given);
	if (time === undefined) return notAnInteger;
	return (time > 0n ? expiryOf(time, form) : undefined) ?? invalidTime(command);
}

export interface SetOptions {
	readonly condition: 'absent' | 'present' | ValueCondition | undefined;
	readonly returnPrevious: boolean;
	readonly expiry: Expiry | 'keep' | undefined;
}

/** The options of SET behind its key and value, or the error that they are. */
export function setOptions(parts: readonly Buffer[]): SetOptions | string {
	const options = optionsFrom(parts, 3, 'set');
	if (options === undefined) return syntaxError;
	const {condition, returnPrevious, keepsOrTakes, time} = options;
	if (time === undefined) return {condition, returnPrevious, expiry: keepsOrTakes ? 'keep' : undefined};
	const expiry = positiveTime(time.given, time.form, 'set');
	return typeof expiry === 'string' ? expiry : {condition, returnPrevious, expiry};
}

/** What GETEX does to the deadline of its key. */
export interface GetexOptions {
	/** `undefined`: nothing. */
	readonly expiry: Expiry | 'never' | undefined;
	/** The time is none: told only of a key that is there. */
	readonly error: string | undefined;
}

/** The options of GETEX behind its key, or the error that they are. */
export function getexOptions(parts: readonly Buffer[]): GetexOptions | string {
	const options = optionsFrom(parts, 2, 'getex');
	if (options === undefined) return syntaxError;
	const {keepsOrTakes, time} = options;
	if (time === undefined) return {expiry: keepsOrTakes ? 'never' : undefined, error: undefined};
	const expiry = positiveTime(time.given, time.form, 'getex');
	return typeof expiry === 'string' ? {expiry: undefined, error: expiry} : {expiry, error: undefined};
}
