/** The library `redis`, with which a script calls commands. */
import {type Given, libraryOf} from '../../lua/library.js';
import {formatGeneral} from '../../lua/numbers.js';
import type {Runtime} from '../../lua/runtime.js';
import {LuaError, type LuaTable, type LuaValue, type LuaValues} from '../../lua/values.js';
import type {Execution} from '../execution.js';
import type {ByteString, ScriptReply} from '../types.js';
import {CommandCall, CommandError, type Selection} from './command-call.js';
import {notForScripts, scriptCommands} from './commands.js';
import {type RespVersion, valueOfReply} from './reply-values.js';
import {sha1Of} from './sha1.js';

/** What one run may do, and where. */
export interface RunContext {
	readonly execution: Execution;
	readonly isReadOnly: boolean;
	resp: RespVersion;
	readonly selection: Selection;
}

/** The redis whose behaviour is followed, as a script can ask for it. */
const followedVersion = '7.0.15';
const followedVersionNumber = 0x07000f;

export class RedisLibrary {
	/** Of the run that is going on. */
	context: RunContext | undefined;
	readonly #runtime: Runtime;

	constructor(runtime: Runtime) {
		this.#runtime = runtime;
		const nothing = (): LuaValues => [];
		const library = libraryOf(runtime, {
			call: given => this.#call(given, true),
			pcall: given => this.#call(given, false),
			error_reply: given => this.#reply(given, 'err'),
			status_reply: given => this.#reply(given, 'ok'),
			sha1hex: given => this.#sha1hex(given),
			log: given => this.#log(given),
			setresp: given => this.#setResp(given),
			// A script is replicated as it is.
			replicate_commands: () => true,
			set_repl: nothing,
			breakpoint: () => false,
			debug: nothing,
		});
		for (const [place, level] of ['LOG_DEBUG', 'LOG_VERBOSE', 'LOG_NOTICE', 'LOG_WARNING'].entries())
			library.set(level, place);
		const kinds = {REPL_NONE: 0, REPL_AOF: 1, REPL_SLAVE: 2, REPL_REPLICA: 2, REPL_ALL: 3};
		for (const [kind, value] of Object.entries(kinds)) library.set(kind, value);
		library.set('REDIS_VERSION', followedVersion);
		library.set('REDIS_VERSION_NUM', followedVersionNumber);
		runtime.globals.set('redis', library);
	}

	#errorTable(text: string): LuaTable {
		const table = this.#runtime.newTable();
		table.set('err', text);
		return table;
	}

	#fail(text: string): LuaError {
		return new LuaError(this.#errorTable(text));
	}

	#call(given: Given, throws: boolean): LuaValue {
		const reply = this.#answer(given);
		if (typeof reply !== 'object' || reply.type !== 'error') {
			return valueOfReply(this.#runtime, reply, this.context?.resp ?? 2);
		}
		const table = this.#errorTable(reply.text);
		if (throws) throw new LuaError(table);
		return table;
	}

	#answer(given: Given): ScriptReply {
		const {context} = this;
		if (context === undefined) return {type: 'error', text: 'ERR redis.call can only be called inside a script'};
		if (given.count === 0)
			return {type: 'error', text: 'ERR Please specify at least one argument for this redis lib call'};
		const words = given.values.map(value => wordOf(value));
		if (words.includes(undefined))
			return {type: 'error', text: 'ERR Lua redis lib command arguments must be strings or integers'};
		const call = new CommandCall(words as readonly ByteString[], context.execution, context.selection);
		const command = scriptCommands.get(call.name);
		if (command === undefined) {
			const isKnown = notForScripts.has(call.name);
			return {
				type: 'error',
				text: isKnown
					? 'ERR This Redis command is not allowed from script'
					: 'ERR Unknown Redis command called from script',
			};
		}
		const {arity} = command;
		if (arity < 0 ? words.length < -arity : words.length !== arity)
			return {type: 'error', text: 'ERR Wrong number of args calling Redis command from script'};
		if (command.isWrite && context.isReadOnly)
			return {type: 'error', text: 'ERR Write commands are not allowed from read-only scripts.'};
		this.#runtime.meter.step(commandSteps);
		this.#runtime.meter.allocate(call.words.reduce((sum, word) => sum + word.length, 0));
		try {
			return command.run(call);
		} catch (error) {
			if (error instanceof CommandError) return {type: 'error', text: error.message};
			throw error;
		}
	}

	#reply(given: Given, field: 'ok' | 'err'): LuaValue {
		const text = given.at(1);
		if (given.count !== 1 || typeof text !== 'string') return this.#errorTable('ERR wrong number or type of arguments');
		const table = this.#runtime.newTable();
		table.set(field, field === 'ok' ? text : errorText(text));
		return table;
	}

	#sha1hex(given: Given): string {
		if (given.count !== 1) throw this.#fail('ERR wrong number of arguments');
		const text = given.text(1);
		this.#runtime.meter.step(text.length);
		return this.#runtime.text(sha1Of(text));
	}

	/** To nowhere: each replica runs the script, and none has a log of its own for it. */
	#log(given: Given): LuaValues {
		if (given.count < 2) throw this.#fail('ERR redis.log() requires two arguments or more.');
		const level = given.at(1);
		if (typeof level !== 'number') throw this.#fail('ERR First argument must be a number (log level).');
		if (level < 0 || level > 3) throw this.#fail('ERR Invalid log level.');
		return [];
	}

	#setResp(given: Given): LuaValues {
		if (given.count !== 1) throw this.#fail('ERR redis.setresp() requires one argument.');
		const version = given.number(1);
		if (version !== 2 && version !== 3) throw this.#fail('ERR RESP version must be 2 or 3.');
		if (this.context !== undefined) this.context.resp = version;
		return [];
	}
}

/** What a command counts for. */
const commandSteps = 20;

/** A word of a command: a number is written as `%.17g` writes it. */
function wordOf(value: LuaValue): ByteString | undefined {
	if (typeof value === 'number') return formatGeneral(value, 17);
	return typeof value === 'string' ? value : undefined;
}

/** With a code in front of it. */
function errorText(text: string): string {
	if (text.startsWith('-')) return text.slice(1);
	return text.includes(' ') ? text : `ERR ${text}`;
}
