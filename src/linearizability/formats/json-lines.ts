/**
 * Our own format, described in docs/checker.md: JSON lines, one event a line, after an optional header line.
 */
import {HistoryBuilder} from '../history.js';
import type {KvHistory, KvInput, KvOutput} from '../kv-operation.js';
import type {KvModelName} from '../models/kv-model.js';
import {JsonFields, show} from './json-fields.js';
import {
	assertAsInvoked,
	failFields,
	inputFields,
	okFields,
	readFailure,
	readInput,
	readOutput,
} from './json-operation.js';
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
const eventFields = ['process', 'time', 'type', ...inputFields];
const fieldsOf: Readonly<Record<string, ReadonlySet<string>>> = {
	invoke: new Set([...eventFields, 'operations', 'compares', 'otherwise']),
	ok: new Set([...eventFields, ...okFields, 'results', 'committed', 'revision']),
	fail: new Set([...eventFields, ...failFields, 'error']),
	info: new Set([...eventFields, 'error']),
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
		fields.assertDistinct();
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
		const output = type === 'ok' ? readOutput(fields, input) : readFailure(fields, input);
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
