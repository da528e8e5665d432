/** EVAL and its kin, and SCRIPT. A script is one operation of the machine, with its text: see `src/kv/script`. */
import {syntaxErrorStart, whyNoScript} from '../../../src/kv/script/check-script.js';
import {wordsMax} from '../../../src/kv/script/script-codec.js';
import {parseInt64} from '../int64.js';
import type {RedisLimits} from '../limits.js';
import type {RefusedModes} from '../refused-modes.js';
import {
	expectResult,
	keyAt,
	notAnInteger,
	partAt,
	type Plan,
	type RedisCommand,
	refuse,
	replyOk,
	textAt,
	valueAt,
} from './command.js';
import {container} from './container.js';
import {valueTooLargeText} from './failures.js';
import {writeReply} from './script-reply.js';

const unknownScript = 'NOSCRIPT No matching script. Please use EVAL.';

/** The keys of a request, or the error that they are. */
function keyCountOf(parts: readonly Buffer[], {keyBytesMax, valueBytesMax}: RedisLimits): number | string {
	const count = parseInt64(partAt(parts, 2));
	if (count === undefined) return notAnInteger;
	if (count < 0n) return "ERR Number of keys can't be negative";
	if (count > parts.length - 3) return "ERR Number of keys can't be greater than number of args";
	if (parts.length - 3 > wordsMax) return `ERR a script takes at most ${wordsMax} keys and arguments`;
	const keys = Number(count);
	if (parts.slice(3, 3 + keys).some(key => key.length > keyBytesMax))
		return `ERR key exceeds the limit of ${keyBytesMax} bytes`;
	return parts.slice(3 + keys).some(value => value.length > valueBytesMax) ? valueTooLargeText({valueBytesMax}) : keys;
}

function planEval(parts: readonly Buffer[], limits: RedisLimits, {scripts}: RefusedModes, isReadOnly: boolean): Plan {
	const keyCount = keyCountOf(parts, limits);
	if (typeof keyCount === 'string') return refuse(keyCount);
	const source = partAt(parts, 1);
	const sha = scripts.add(source);
	const plan = planRun(source, parts, keyCount, isReadOnly);
	const reply: typeof plan.reply = (out, result, clientState) => {
		const {reply} = expectResult(result, 'scripted');
		// Redis keeps what can be run.
		if (typeof reply === 'object' && reply.type === 'error' && reply.text.startsWith(syntaxErrorStart))
			scripts.remove(sha);
		plan.reply(out, result, clientState);
	};
	return {...plan, reply};
}

function planEvalsha(
	parts: readonly Buffer[],
	limits: RedisLimits,
	{scripts}: RefusedModes,
	isReadOnly: boolean,
): Plan {
	const keyCount = keyCountOf(parts, limits);
	if (typeof keyCount === 'string') return refuse(keyCount);
	const source = scripts.get(textAt(parts, 1).toLowerCase());
	return source === undefined ? refuse(unknownScript) : planRun(source, parts, keyCount, isReadOnly);
}

function planRun(
	source: Buffer,
	parts: readonly Buffer[],
	keyCount: number,
	isReadOnly: boolean,
): Extract<Plan, {type: 'write'}> {
	const words = parts.slice(3);
	return {
		type: 'write',
		operation: {
			type: 'script',
			source,
			keys: words.slice(0, keyCount).map((_, offset) => keyAt(parts, 3 + offset)),
			values: words.slice(keyCount).map((_, offset) => valueAt(parts, 3 + keyCount + offset)),
			isReadOnly,
		},
		reply: (out, result) => writeReply(out, expectResult(result, 'scripted').reply),
	};
}

// ------------------------------------------------------------------------------------------------------------ SCRIPT

function planLoad(parts: readonly Buffer[], {scripts}: RefusedModes): Plan {
	const source = partAt(parts, 2);
	const error = whyNoScript(source);
	if (error !== undefined) return refuse(error);
	const sha = scripts.add(source);
	return {type: 'local', reply: out => out.bulk(sha)};
}

function planExists(parts: readonly Buffer[], {scripts}: RefusedModes): Plan {
	const found = parts.slice(2).map((_, offset) => scripts.has(textAt(parts, 2 + offset).toLowerCase()));
	return {
		type: 'local',
		reply(out) {
			out.array(found.length);
			for (const isThere of found) out.integer(isThere ? 1 : 0);
		},
	};
}

function planFlush(parts: readonly Buffer[], {scripts}: RefusedModes): Plan {
	const modeFits = parts.length === 2 || (parts.length === 3 && /^a?sync$/i.test(textAt(parts, 2)));
	if (!modeFits) return refuse('ERR SCRIPT FLUSH only support SYNC|ASYNC option');
	scripts.clear();
	return {type: 'local', reply: replyOk};
}

const group = 'scripting';
const subcommand = {group, flags: ['noscript'], since: '2.6.0'} as const;
const scriptCommand = container(
	{name: 'script', arity: -2, flags: [], group, since: '2.6.0', summary: 'About scripts'},
	[
		{
			...subcommand,
			name: 'exists',
			arity: -3,
			summary: 'Tell which scripts EVALSHA can run',
			plan: (parts, _, modes) => planExists(parts, modes),
		},
		{
			...subcommand,
			name: 'flush',
			arity: -2,
			summary: 'Forget the scripts that EVALSHA can run',
			plan: (parts, _, modes) => planFlush(parts, modes),
		},
		{
			...subcommand,
			name: 'load',
			arity: 3,
			flags: ['noscript', 'stale'],
			summary: 'Keep a script for EVALSHA',
			plan: (parts, _, modes) => planLoad(parts, modes),
		},
		{
			...subcommand,
			name: 'kill',
			arity: 2,
			flags: ['noscript', 'allow_busy'],
			summary: 'End the script that is running: there is never one that could be ended',
			plan: () => refuse('NOTBUSY No scripts in execution right now.'),
		},
	],
);

const common = {arity: -3, group, usesData: true} as const;
const flags = ['noscript', 'stale', 'skip_monitor', 'no_mandatory_keys', 'movablekeys'];

export const scriptingCommands: readonly RedisCommand[] = [
	{
		...common,
		name: 'eval',
		flags,
		since: '2.6.0',
		summary: 'Run a script of Lua in one step',
		plan: (parts, limits, modes) => planEval(parts, limits, modes, false),
	},
	{
		...common,
		name: 'evalsha',
		flags,
		since: '2.6.0',
		summary: 'Run a script of Lua that is kept, by its SHA-1',
		plan: (parts, limits, modes) => planEvalsha(parts, limits, modes, false),
	},
	{
		...common,
		name: 'eval_ro',
		flags: [...flags, 'readonly'],
		since: '7.0.0',
		summary: 'Run a script of Lua that changes nothing',
		plan: (parts, limits, modes) => planEval(parts, limits, modes, true),
	},
	{
		...common,
		name: 'evalsha_ro',
		flags: [...flags, 'readonly'],
		since: '7.0.0',
		summary: 'Run a script of Lua that is kept and changes nothing, by its SHA-1',
		plan: (parts, limits, modes) => planEvalsha(parts, limits, modes, true),
	},
	scriptCommand,
];
