/**
 * The scripts that simulated clients run, and what each comes to: a transaction, and how its result is told. The model and the
 * checker know scripts by these, and nothing of Lua.
 */
import {assert} from '../../base/errors.js';
import type {Key, Operation, Result, Script, ScriptReply, Value} from '../../kv/types.js';
import {isSameBytes} from '../log-judge.js';
import {modelDatabase, modelKey, modelName} from './model-database.js';
import {bytesOfText, textOf} from './operation-text.js';

type Of<Type extends Operation['type']> = Extract<Operation, {type: Type}>;
export type TransactionOf = Of<'transaction'>;
export type ScriptOf = Of<'script'>;

interface KnownScript {
	readonly source: Value;
	readonly transaction: (key: Key, values: readonly Value[]) => TransactionOf;
	readonly reply: (result: Extract<Result, {type: 'transaction'}>) => ScriptReply;
	readonly fails?: boolean;
}

export type ScriptName = 'swap' | 'count' | 'fail';

/** Redis tells which script it was, by the SHA-1 of its text, and where in it. */
const failure = 'script: 54fbf1e4a43a12f033a9730e8e008ba8266e17af, on @user_script:2.';

const scripts: Record<ScriptName, KnownScript> = {
	/** A lock that its owner hands on; it looks at what it has written. */
	swap: {
		source: bytesOfText(`if redis.call('get', KEYS[1]) == ARGV[1] then
	redis.call('set', KEYS[1], ARGV[2])
	return redis.call('get', KEYS[1]) == ARGV[2] and 1 or 2
end
return 0`),
		transaction: (key, [expected, value]) => ({
			type: 'transaction',
			compares: [{key, expected: {value: expected}}],
			operations: [{type: 'put', key, value: value as Value}],
		}),
		reply: ({isCommitted}) => (isCommitted ? 1n : 0n),
	},
	/** A limit for a while. */
	count: {
		source: bytesOfText(`if redis.call('exists', KEYS[1]) == 0 then
	redis.call('set', KEYS[1], ARGV[1])
	redis.call('pexpire', KEYS[1], ARGV[2])
	return 1
end
local sum = redis.pcall('incrby', KEYS[1], ARGV[1])
return type(sum) == 'table' and -1 or 2`),
		transaction: (key, [by, ttlMs]) => ({
			type: 'transaction',
			compares: [{key, expected: {version: 0}}],
			operations: [{type: 'put', key, value: by as Value, expiry: {ttlMs: Number(textOf(ttlMs as Value))}}],
			otherwise: [{type: 'increment', key, by: BigInt(textOf(by as Value))}],
		}),
		reply: ({isCommitted, results}) => (isCommitted ? 1n : results[0]?.type === 'number' ? 2n : -1n),
	},
	/** What it has done before it fails is undone. */
	fail: {
		source: bytesOfText(`redis.call('set', KEYS[1], ARGV[1])
error({err = 'REFUSED'})`),
		transaction: () => ({type: 'transaction', compares: [], operations: []}),
		reply: () => ({type: 'error', text: `REFUSED ${failure}`}),
		fails: true,
	},
};

export function scriptNamed(name: ScriptName, key: Key, values: readonly Value[]): ScriptOf {
	const script = {
		type: 'script',
		source: scripts[name].source,
		keys: [modelName(key)],
		values,
		isReadOnly: false,
	} as const;
	const database = modelDatabase(key);
	return database === 0 ? script : {...script, database};
}

export function nameOfScript({source}: Script): ScriptName {
	const names = Object.keys(scripts) as ScriptName[];
	const name = names.find(each => isSameBytes(scripts[each].source, source));
	assert(name !== undefined, 'simulated clients run known scripts only');
	return name;
}

export function transactionOfScript(script: Script): TransactionOf {
	const [name] = script.keys;
	const key = modelKey(script.database ?? 0, name as Key);
	return scripts[nameOfScript(script)].transaction(key, script.values);
}

/** What the script answers where its transaction has this result. */
export function resultOfScript(script: Script, result: Extract<Result, {type: 'transaction'}>): Result {
	const {reply, fails = false} = scripts[nameOfScript(script)];
	return {type: 'scripted', isApplied: !fails, reply: reply(result), version: result.revision};
}
