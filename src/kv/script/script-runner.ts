/**
 * Runs a script, as one operation of the key/value machine. What it changes is collected beside the store, and applied when the
 * script has come to its end: a script that fails, or reaches a limit, has changed nothing at all.
 */
import {LuaMachine, type Chunk} from '../../lua/lua-machine.js';
import {LuaLimitError, type LuaLimits} from '../../lua/meter.js';
import type {Runtime} from '../../lua/runtime.js';
import {LuaSyntaxError} from '../../lua/syntax.js';
import {LuaError, LuaFunction, LuaTable, type LuaValue} from '../../lua/values.js';
import type {Execution} from '../execution.js';
import type {ByteString, Result, Script, ScriptReply} from '../types.js';
import {textOf} from './bytes.js';
import {addJsonLibrary} from './cjson.js';
import {chunkName, syntaxErrorText} from './check-script.js';
import {addPackLibrary} from './cmsgpack.js';
import {ChangeList} from '../changes/change-list.js';
import {Overlay} from './overlay.js';
import {RedisLibrary} from './redis-library.js';
import {bytesOfReply} from './reply.js';
import {replyOfValue} from './reply-values.js';
import {growthMaxOf, scriptReplyBytesMax} from './script-limits.js';
import {sha1Of} from './sha1.js';
import {readShebang} from './shebang.js';

/** About a tenth of a second: so long nothing else is applied. */
const limits: LuaLimits = {stepsMax: 2_000_000, bytesMax: 64 * 2 ** 20};
/** What is compiled is kept for scripts that come again. Only speed depends on it. */
const compiledBytesMax = 2 ** 20;

interface Compiled {
	readonly chunk: Chunk;
	readonly sha: string;
	readonly isReadOnly: boolean;
}

export class ScriptRunner {
	readonly #lua = new LuaMachine();
	readonly #redis: RedisLibrary;
	/** By their texts; the one that was used last comes last. */
	readonly #compiled = new Map<ByteString, Compiled>();
	#compiledBytes = 0;

	constructor() {
		const {runtime} = this.#lua;
		this.#redis = new RedisLibrary(runtime);
		addJsonLibrary(runtime);
		addPackLibrary(runtime);
		protect(this.#lua);
	}

	run(execution: Execution, script: Script): Result {
		const {version} = execution;
		const overlay = new Overlay(execution.store);
		const changes = new ChangeList();
		this.#lua.begin(limits);
		try {
			const reply = this.#runOn({...execution, store: overlay, changes}, script);
			const isTooLarge = bytesOfReply(reply) > scriptReplyBytesMax;
			if (isTooLarge)
				return failed(version, `ERR the reply of the script takes more than ${scriptReplyBytesMax} bytes`);
			const growthMax = growthMaxOf(script);
			if (overlay.growth > growthMax)
				return failed(
					version,
					`ERR the script stores more than ${growthMax} bytes: hand what is large in as arguments`,
				);
			overlay.apply();
			changes.tell(execution.changes);
			return {type: 'scripted', isApplied: true, reply, version};
		} catch (error) {
			return failed(version, this.#textOf(error, script));
		}
	}

	#runOn(execution: Execution, {source, keys, values, isReadOnly = false, database = 0}: Script): ScriptReply {
		const {runtime} = this.#lua;
		const compiled = this.#compile(textOf(source));
		this.#redis.context = {
			execution,
			isReadOnly: isReadOnly || compiled.isReadOnly,
			resp: 2,
			selection: {database},
		};
		setGlobal(runtime.globals, 'KEYS', LuaTable.of(keys));
		setGlobal(runtime.globals, 'ARGV', LuaTable.of(values.map(value => textOf(value))));
		try {
			const [value] = compiled.chunk();
			return replyOfValue(runtime, value, this.#redis.context.resp);
		} finally {
			this.#redis.context = undefined;
			setGlobal(runtime.globals, 'KEYS', undefined);
			setGlobal(runtime.globals, 'ARGV', undefined);
		}
	}

	#compile(text: ByteString): Compiled {
		const known = this.#compiled.get(text);
		this.#compiled.delete(text);
		const compiled = known ?? this.#compileAnew(text);
		this.#compiled.set(text, compiled);
		if (known === undefined) this.#compiledBytes += text.length;
		for (const oldest of this.#compiled.keys()) {
			if (this.#compiledBytes <= compiledBytesMax) break;
			this.#compiled.delete(oldest);
			this.#compiledBytes -= oldest.length;
		}
		return compiled;
	}

	#compileAnew(text: ByteString): Compiled {
		const {body, isReadOnly} = readShebang(text);
		return {chunk: this.#lua.compile(body, chunkName), sha: sha1Of(text), isReadOnly};
	}

	/** In Redis' words. */
	#textOf(error: unknown, {source}: Script): ByteString {
		if (error instanceof LuaSyntaxError) return syntaxErrorText(error);
		if (error instanceof LuaLimitError) return limitText(error);
		if (!(error instanceof LuaError)) throw error;
		const place = this.#lua.runtime.place.replace(/: $/, '');
		return `${textOfError(error.value)} script: ${sha1Of(textOf(source))}, on @${place}.`;
	}
}

function limitText({limit}: LuaLimitError): string {
	const most =
		limit === 'steps' ? `takes more than ${limits.stepsMax} steps` : `makes more than ${limits.bytesMax} bytes`;
	return `ERR the script ${most}: nothing of it was carried out; let it do less`;
}

function textOfError(value: LuaValue): string {
	if (value instanceof LuaTable) {
		const text = value.get('err');
		if (typeof text === 'string') return text;
	}
	return typeof value === 'string' || typeof value === 'number' ? `ERR ${value}` : 'ERR unknown error';
}

const failed = (version: number, text: ByteString): Result => ({
	type: 'scripted',
	isApplied: false,
	reply: {type: 'error', text},
	version,
});

/** No script changes what the next one finds. */
function protect({runtime}: LuaMachine): void {
	const {globals} = runtime;
	globals.set('pcall', pcallOf(globals.get('pcall'), runtime));
	globals.metatable = new LuaTable();
	globals.metatable.set(
		'__index',
		new LuaFunction(([, name]) => {
			throw runtime.error(`Script attempted to access nonexistent global variable '${runtime.toText(name)}'`);
		}),
	);
	for (let entry = globals.next(undefined); entry; entry = globals.next(entry[0])) {
		if (entry[1] instanceof LuaTable) entry[1].isReadonly = true;
	}
	globals.metatable.isReadonly = true;
	if (runtime.stringMetatable !== undefined) runtime.stringMetatable.isReadonly = true;
}

/** As in Redis: of an error that a command gave, the text. */
function pcallOf(pcall: LuaValue, runtime: Runtime): LuaFunction {
	return new LuaFunction(values => {
		const results = runtime.call(pcall, values);
		const [isDone, error] = results;
		const text = isDone === false && error instanceof LuaTable ? error.get('err') : undefined;
		return text === undefined ? results : [false, text];
	});
}

function setGlobal(globals: LuaTable, name: string, value: LuaValue): void {
	globals.isReadonly = false;
	globals.set(name, value);
	globals.isReadonly = true;
}
