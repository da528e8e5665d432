/** Scripts and their answers as positional arrays: see `operation-codec` and `result-codec`. */
import {isBytes, isCount, type Plain} from '../../base/plain.js';
import {isKey} from '../key.js';
import type {Operation, Result} from '../types.js';
import {parseReply, plainOfReply} from './reply.js';

type ScriptOperation = Extract<Operation, {type: 'script'}>;
type Scripted = Extract<Result, {type: 'scripted'}>;

/** Of the operation, and of its result. */
export const scriptOpcode = 40;

/** More keys and values than this are malformed. */
export const wordsMax = 16_384;

/** `40, source, [key, ...], [value, ...], isReadOnly` */
export function plainOfScript({source, keys, values, isReadOnly = false}: ScriptOperation): Plain {
	return [scriptOpcode, source, keys, values, isReadOnly];
}

export function parseScript(plain: Plain, from: number): ScriptOperation | undefined {
	const [source, keys, values, isReadOnly] = plain.slice(from + 1, from + 5);
	if (!isBytes(source) || !Array.isArray(keys) || !Array.isArray(values)) return undefined;
	if (typeof isReadOnly !== 'boolean' || keys.length + values.length > wordsMax) return undefined;
	if (!keys.every(key => isKey(key)) || !values.every(value => isBytes(value))) return undefined;
	return {type: 'script', source, keys, values, isReadOnly};
}

/** `40, reply, isApplied, version` */
export function plainOfScripted({reply, isApplied, version}: Scripted): Plain {
	return [scriptOpcode, plainOfReply(reply), isApplied, version];
}

export function parseScripted([, plain, isApplied, version]: Plain): Scripted | undefined {
	const reply = parseReply(plain);
	if (reply === null || typeof isApplied !== 'boolean' || !isCount(version)) return undefined;
	return {type: 'scripted', isApplied, reply, version};
}
