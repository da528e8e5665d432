/**
 * Our own format, documented in ../README.md: JSON lines, one event a line, after an optional header line.
 */
import {HistoryError} from '../history-error.js';
import {HistoryBuilder} from '../history.js';
import type {KvExpected, KvHistory, KvInput, KvOutput} from '../kv-operation.js';
import type {KvModelName} from '../models/kv-model.js';

/** What the header line may say. */
export interface JsonLinesHeader {
	readonly model: KvModelName;
	/** The value before the first write; `undefined`: absent. */
	readonly initial: string | undefined;
}

export interface JsonLinesHistory extends JsonLinesHeader {
	readonly history: KvHistory;
}

export const formatName = 'threadraft-history';
export const formatVersion = 1;

export function parseJsonLines(lines: Iterable<string>): JsonLinesHistory {
	const reader = new JsonLinesReader();
	for (const line of lines) reader.read(line);
	return reader.finish();
}

type Fields = Readonly<Record<string, unknown>>;

class JsonLinesReader {
	readonly #builder = new HistoryBuilder<KvInput, KvOutput>();
	#header: JsonLinesHeader = {model: 'kv', initial: undefined};
	#line = 0;
	#eventCount = 0;
	/** Whether the events carry times; all do, or none, and then the order of the lines is time. */
	#isTimed = false;

	read(text: string): void {
		this.#line++;
		if (text.trim() === '') return;
		this.#builder.atLine(this.#line);
		const fields = this.#parse(text);
		if (this.#eventCount === 0 && 'format' in fields) this.#header = this.#readHeader(fields);
		else this.#addEvent(fields);
	}

	finish(): JsonLinesHistory {
		return {...this.#header, history: this.#builder.build()};
	}

	#parse(text: string): Fields {
		try {
			const fields: unknown = JSON.parse(text);
			if (typeof fields === 'object' && fields !== null && !Array.isArray(fields)) return fields as Fields;
		} catch {
			// The same complaint as for JSON that is no object.
		}
		throw this.#error('a JSON object', text);
	}

	#readHeader(fields: Fields): JsonLinesHeader {
		if (fields['format'] !== formatName) throw this.#error(`"format":"${formatName}"`, show(fields['format']));
		if (fields['version'] !== formatVersion) throw this.#error(`"version":${formatVersion}`, show(fields['version']));
		const {model = 'kv'} = fields;
		if (model !== 'kv' && model !== 'register' && model !== 'cas-register') {
			throw this.#error('"model" to be kv, register or cas-register', show(model));
		}
		return {model, initial: this.#optionalValue(fields, 'initial')};
	}

	#addEvent(fields: Fields): void {
		const process = fields['process'];
		if (typeof process !== 'string' && typeof process !== 'number') {
			throw this.#error('"process": a number or a string', show(process));
		}
		const name = String(process);
		const time = this.#time(fields);
		this.#eventCount++;
		switch (fields['type']) {
			case 'invoke':
				return this.#builder.invoke(name, this.#input(fields), time);
			case 'info':
				return this.#builder.loseTrack(name);
			case 'ok':
				return this.#builder.complete(name, this.#okOutput(name, fields), time);
			case 'fail':
				return this.#fail(name, fields, time);
			default:
				throw this.#error('"type" to be invoke, ok, fail or info', show(fields['type']));
		}
	}

	#time(fields: Fields): number {
		const {time} = fields;
		if (this.#eventCount === 0) this.#isTimed = time !== undefined;
		if (!this.#isTimed && time === undefined) return this.#line;
		if (this.#isTimed && typeof time === 'number' && Number.isFinite(time)) return time;
		throw this.#error(
			this.#isTimed ? '"time": nanoseconds, as on the first line' : 'no "time", as on the first line',
			show(time),
		);
	}

	#input(fields: Fields): KvInput {
		const key = this.#string(fields, 'key', '');
		switch (fields['f']) {
			case 'get':
			case 'delete':
				return {type: fields['f'], key};
			case 'put':
			case 'append':
				return {type: fields['f'], key, value: this.#string(fields, 'value')};
			case 'cas':
				return {type: 'compareAndSet', key, expected: this.#expected(fields), value: this.#string(fields, 'value')};
			default:
				throw this.#error('"f" to be get, put, append, delete or cas', show(fields['f']));
		}
	}

	#expected(fields: Fields): KvExpected {
		if ('expected' in fields) return {value: this.#optionalValue(fields, 'expected')};
		const version = this.#version(fields, 'expectedVersion');
		if (version === undefined) throw this.#error('"expected" or "expectedVersion"', 'neither');
		return {version};
	}

	#okOutput(process: string, fields: Fields): KvOutput {
		const version = this.#version(fields, 'version');
		switch (this.#openType(process, fields)) {
			case 'get':
				if (!('value' in fields)) throw this.#error('"value": what was read, null for an absent key', 'none');
				return {type: 'value', value: this.#optionalValue(fields, 'value'), version};
			case 'delete': {
				const {existed} = fields;
				if (existed !== undefined && typeof existed !== 'boolean')
					throw this.#error('"existed": true or false', show(existed));
				return {type: 'deleted', existed, version};
			}
			default:
				return {type: 'written', version};
		}
	}

	#fail(process: string, fields: Fields, time: number): void {
		const type = this.#openType(process, fields);
		if (type !== 'compareAndSet' || 'error' in fields) return this.#builder.discard(process);
		const observed = 'value' in fields ? {value: this.#optionalValue(fields, 'value')} : undefined;
		const version = this.#version(fields, 'version');
		this.#builder.complete(process, {type: 'conditionFailed', observed, version}, time);
	}

	/** What the process asked for; a completion that says otherwise is a mistake. */
	#openType(process: string, fields: Fields): KvInput['type'] {
		const input = this.#builder.openInput(process);
		if (input === undefined) throw this.#error(`an invocation of process ${process} first`, 'a completion');
		const f = input.type === 'compareAndSet' ? 'cas' : input.type;
		if (fields['f'] !== undefined && fields['f'] !== f) throw this.#error(`"f":"${f}", as invoked`, show(fields['f']));
		if (fields['key'] !== undefined && fields['key'] !== input.key) {
			throw this.#error(`"key":${show(input.key)}, as invoked`, show(fields['key']));
		}
		return input.type;
	}

	#string(fields: Fields, name: string, missing?: string): string {
		const value = fields[name] ?? missing;
		if (typeof value !== 'string') throw this.#error(`"${name}": a string`, show(value));
		return value;
	}

	#optionalValue(fields: Fields, name: string): string | undefined {
		const value = fields[name] ?? undefined;
		if (value !== undefined && typeof value !== 'string') throw this.#error(`"${name}": a string or null`, show(value));
		return value;
	}

	#version(fields: Fields, name: string): number | undefined {
		const version = fields[name];
		if (version === undefined) return undefined;
		if (typeof version === 'number' && Number.isSafeInteger(version) && version >= 0) return version;
		throw this.#error(`"${name}": a whole number from 0`, show(version));
	}

	#error(expected: string, found: string): HistoryError {
		return new HistoryError(expected, found, this.#line);
	}
}

function show(value: unknown): string {
	return value === undefined ? 'none' : JSON.stringify(value);
}
