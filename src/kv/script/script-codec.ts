/** Scripts and their answers as positional arrays: see `operation-codec` and `result-codec`. */
import {isBytes, isCount, type Plain} from '../../base/plain.js';
import {databaseOf, isDatabase} from '../database-name.js';
import {isKey} from '../key.js';
import type {Operation, Result} from '../types.js';
import {parseReply, plainOfReply} from './reply.js';

type ScriptOperation = Extract<Operation, {type: 'script'}>;
type Scripted = Extract<Result, {type: 'scripted'}>;

/** Of the operation, and of its result. */
export const scriptOpcode = 40;

/** More keys and values than this are malformed. */
export const wordsMax = 16_384;

/** `40, source, [name, ...], [value, ...], isReadOnly [, database]` */
export function plainOfScript({source, keys, values, isReadOnly = false, database = 0}: ScriptOperation): Plain {
	const plain = [scriptOpcode, source, keys, values, isReadOnly];
	return database === 0 ? plain : [...plain, database];
}

export function parseScript(plain: Plain, from: number): ScriptOperation | undefined {
	const [source, keys, values, isReadOnly, database = 0] = plain.slice(from + 1, from + 6);
	if (!isBytes(source) || !Array.isArray(keys) || !Array.isArray(values)) return undefined;
	if (typeof isReadOnly !== 'boolean' || keys.length + values.length > wordsMax) return undefined;
	if (!keys.every(key => isKey(key) && databaseOf(key) === 0) || !values.every(value => isBytes(value)))
		return undefined;
	if (!isDatabase(database)) return undefined;
	const script = {type: 'script', source, keys, values, isReadOnly} as const;
	return database === 0 ? script : {...script, database};
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
