/**
 * Our own format, documented in ../README.md: JSON lines, one event a line, after an optional header line.
 */
import {HistoryBuilder} from '../history.js';
import type {KvExpected, KvHistory, KvInput, KvOutput} from '../kv-operation.js';
import type {KvModelName} from '../models/kv-model.js';
import {JsonFields, show} from './json-fields.js';
import {JsonTimes} from './json-time.js';

/** What the header line may say. */
export interface JsonLinesHeader {
	readonly model: KvModelName;
	/** The value before the first write; `undefined`: absent. */
	readonly initial: string | undefined;
}

export interface JsonLinesHistory extends JsonLinesHeader {
	/** The times of the history count from here, ns; not 0 only where a number could not hold the file's own. */
	readonly timeOrigin: bigint;
	readonly history: KvHistory;
}

export const formatName = 'threadraft-history';
export const formatVersion = 1;

export function parseJsonLines(lines: Iterable<string>): JsonLinesHistory {
	const reader = new JsonLinesReader();
	for (const line of lines) reader.read(line);
	return reader.finish();
}

const headerFields: ReadonlySet<string> = new Set(['format', 'version', 'model', 'initial']);
const eventFields = ['process', 'time', 'type', 'f', 'key'];
const inputFields = [...eventFields, 'value', 'expected', 'expectedVersion'];
const fieldsOf: Readonly<Record<string, ReadonlySet<string>>> = {
	invoke: new Set(inputFields),
	ok: new Set([...inputFields, 'version', 'existed']),
	fail: new Set([...inputFields, 'version', 'error']),
	info: new Set([...inputFields, 'error']),
};

class JsonLinesReader {
	readonly #builder = new HistoryBuilder<KvInput, KvOutput>();
	#header: JsonLinesHeader = {model: 'kv', initial: undefined};
	#line = 0;
	#eventCount = 0;
	/** Of the events, if they carry times; all do, or none, and then the order of the lines is time. */
	#times: JsonTimes | undefined;
	/** What each process is called in the file: 1 and "1" would be one here. */
	readonly #processes = new Map<string, unknown>();

	read(text: string): void {
		this.#line++;
		if (text.trim() === '') return;
		this.#builder.atLine(this.#line);
		const fields = new JsonFields(text, this.#line);
		if (this.#eventCount === 0 && fields.has('format')) this.#header = readHeader(fields);
		else this.#addEvent(fields);
	}

	finish(): JsonLinesHistory {
		return {...this.#header, timeOrigin: this.#times?.origin ?? 0n, history: this.#builder.build()};
	}

	#addEvent(fields: JsonFields): void {
		const type = String(fields.get('type'));
		const allowed = Object.hasOwn(fieldsOf, type) ? fieldsOf[type] : undefined;
		if (allowed === undefined) throw fields.error('"type" to be invoke, ok, fail or info', show(fields.get('type')));
		fields.allowOnly(allowed);
		const process = this.#process(fields);
		const time = this.#time(fields);
		this.#eventCount++;
		if (type === 'invoke') return this.#builder.invoke(process, readInput(fields), time);
		const input = this.#builder.openInput(process);
		if (input === undefined) throw fields.error(`an invocation of process ${process} first`, 'a completion');
		assertAsInvoked(fields, input);
		if (type === 'info') return this.#builder.loseTrack(process);
		const output = type === 'ok' ? readOutput(fields, input) : readRefusal(fields, input);
		if (output === undefined) return this.#builder.discard(process);
		return this.#builder.complete(process, output, time);
	}

	#process(fields: JsonFields): string {
		const process = fields.get('process');
		if (typeof process !== 'string' && !(typeof process === 'number' && Number.isSafeInteger(process))) {
			throw fields.error('"process": a whole number or a string', show(process));
		}
		const name = String(process);
		const known = this.#processes.get(name) ?? process;
		if (known !== process) throw fields.error(`"process":${show(known)}, as before`, show(process));
		this.#processes.set(name, process);
		return name;
	}

	#time(fields: JsonFields): number {
		if (this.#eventCount === 0 && fields.has('time')) this.#times = new JsonTimes();
		if (this.#times !== undefined) return this.#times.read(fields);
		if (!fields.has('time')) return this.#line;
		throw fields.error('no "time", as on the first line', show(fields.get('time')));
	}
}

function readHeader(fields: JsonFields): JsonLinesHeader {
	fields.allowOnly(headerFields);
	if (fields.get('format') !== formatName) throw fields.error(`"format":"${formatName}"`, show(fields.get('format')));
	if (fields.get('version') !== formatVersion) {
		throw fields.error(`"version":${formatVersion}`, show(fields.get('version')));
	}
	const model = fields.get('model') ?? 'kv';
	if (model !== 'kv' && model !== 'register' && model !== 'cas-register') {
		throw fields.error('"model" to be kv, register or cas-register', show(model));
	}
	return {model, initial: fields.optionalString('initial')};
}

function readInput(fields: JsonFields): KvInput {
	const key = fields.string('key', '');
	const f = fields.get('f');
	switch (f) {
		case 'get':
		case 'delete':
			return {type: f, key};
		case 'put':
		case 'append':
			return {type: f, key, value: fields.string('value')};
		case 'cas':
			return {type: 'compareAndSet', key, expected: readExpected(fields), value: fields.string('value')};
		default:
			throw fields.error('"f" to be get, put, append, delete or cas', show(f));
	}
}

function readExpected(fields: JsonFields): KvExpected {
	const version = fields.optionalCount('expectedVersion');
	if (fields.has('expected') === (version !== undefined)) {
		throw fields.error('"expected" or "expectedVersion"', version === undefined ? 'neither' : 'both');
	}
	return version === undefined ? {value: fields.optionalString('expected')} : {version};
}

/** A completion that says something else than its invocation is a mistake. */
function assertAsInvoked(fields: JsonFields, input: KvInput): void {
	const f = input.type === 'compareAndSet' ? 'cas' : input.type;
	const same: Record<string, unknown> = {f, key: input.key};
	if (input.type === 'compareAndSet') {
		same['expected'] = 'value' in input.expected ? (input.expected.value ?? null) : undefined;
		same['expectedVersion'] = 'version' in input.expected ? input.expected.version : undefined;
	}
	if (fields.get('type') === 'ok' && 'value' in input) same['value'] = input.value;
	for (const [name, value] of Object.entries(same)) {
		if (!fields.has(name) || fields.get(name) === value) continue;
		throw fields.error(`"${name}":${show(value)}, as invoked`, show(fields.get(name)));
	}
}

function readOutput(fields: JsonFields, input: KvInput): KvOutput {
	const version = fields.optionalCount('version');
	switch (input.type) {
		case 'get':
			if (!fields.has('value')) throw fields.error('"value": what was read, null for an absent key', 'none');
			return {type: 'value', value: fields.optionalString('value'), version};
		case 'delete':
			return {type: 'deleted', existed: fields.optionalBoolean('existed'), version};
		default:
			return {type: 'written', version};
	}
}

/** `undefined`: it was not run, and that is all that is known. */
function readRefusal(fields: JsonFields, input: KvInput): KvOutput | undefined {
	if (input.type !== 'compareAndSet' || fields.has('error')) return undefined;
	const observed = fields.has('value') ? {value: fields.optionalString('value')} : undefined;
	return {type: 'conditionFailed', observed, version: fields.optionalCount('version')};
}
