/**
 * Histories of Clojure's tools as data, an EDN map an event: of Jepsen and Knossos registers, and of the MIT 6.824 key/value
 * lab, where the absent key reads as the empty string.
 *
 *     {:process 3, :type :invoke, :f :cas, :value [1 4]}
 *     {:process 3, :type :invoke, :f :append, :key "0", :value "x 3 1 y"}
 *
 * The order of the events is time.
 */
import {HistoryError} from '../history-error.js';
import {HistoryBuilder} from '../history.js';
import type {KvHistory, KvInput, KvOutput} from '../kv-operation.js';
import {printEdn, readEdn, type Edn} from './edn.js';
import {RegisterEvents} from './register-events.js';

export interface EdnHistory {
	readonly format: 'jepsen-edn' | 'lab-log';
	readonly history: KvHistory;
}

interface Event {
	readonly line: number;
	readonly process: string;
	readonly type: string;
	readonly f: string;
	readonly fields: ReadonlyMap<string, Edn>;
}

const registerFunctions: ReadonlySet<string> = new Set(['read', 'write', 'cas']);
const labFunctions: ReadonlySet<string> = new Set(['get', 'put', 'append']);

export function parseEdnHistory(text: string): EdnHistory {
	const builder = new HistoryBuilder<KvInput, KvOutput>();
	const registers = new RegisterEvents(builder);
	let format: EdnHistory['format'] | undefined;
	for (const {form, line} of readEdn(text)) {
		const event = eventOf(form, line);
		if (event === undefined) continue;
		const its = formatOf(event);
		format ??= its;
		if (format !== its) throw new HistoryError('operations of one kind of object', `:${event.f}`, line);
		if (format === 'lab-log') addLabEvent(builder, event);
		else registers.add({...event, value: event.fields.get(':value'), hasReason: event.fields.has(':error')});
	}
	return {format: format ?? 'jepsen-edn', history: builder.build()};
}

/** `undefined`: something that was done to the service, not asked of it. */
function eventOf(form: Edn, line: number): Event | undefined {
	if (form.type !== 'map') throw new HistoryError('a map for each event', printEdn(form), line);
	const fields = form.entries;
	const process = fields.get(':process');
	if (process?.type === 'keyword' && process.name === 'nemesis') return undefined;
	if (process?.type !== 'atom' || !/^\d+$/u.test(process.text)) {
		throw new HistoryError(':process, a whole number or :nemesis', showField(process), line);
	}
	return {line, process: process.text, type: keyword(fields, ':type', line), f: keyword(fields, ':f', line), fields};
}

function formatOf({f, line}: Event): EdnHistory['format'] {
	if (registerFunctions.has(f)) return 'jepsen-edn';
	if (labFunctions.has(f)) return 'lab-log';
	throw new HistoryError(':f to be :read, :write, :cas, or :get, :put, :append', `:${f}`, line);
}

function addLabEvent(builder: HistoryBuilder<KvInput, KvOutput>, event: Event): void {
	const {process, type, f, line} = event;
	builder.atLine(line);
	if (type === 'invoke') return builder.invoke(process, labInput(event), line);
	const open = builder.openInput(process);
	if (open !== undefined && (open.type !== f || ('key' in open && open.key !== labKey(event)))) {
		throw new HistoryError(`:${open.type} of the same key, as invoked`, printFields(event), line);
	}
	switch (type) {
		case 'fail':
			return builder.discard(process);
		case 'info':
			return builder.loseTrack(process);
		case 'ok':
			return builder.complete(process, labOutput(event, open), line);
		default:
			throw new HistoryError(':type to be :invoke, :ok, :fail or :info', `:${type}`, line);
	}
}

function labInput(event: Event): KvInput {
	const key = labKey(event);
	if (event.f === 'get') return {type: 'get', key};
	const value = labValue(event);
	if (value === undefined) throw new HistoryError(':value, a string to write', 'nil', event.line);
	return {type: event.f as 'put' | 'append', key, value};
}

function labOutput(event: Event, open: KvInput | undefined): KvOutput {
	if (event.f === 'get') {
		if (!event.fields.has(':value')) throw new HistoryError(':value, what was read', 'none', event.line);
		return {type: 'value', value: labValue(event), version: undefined};
	}
	const value = labValue(event);
	if (value !== undefined && open !== undefined && 'value' in open && open.value !== value) {
		throw new HistoryError(`:value ${JSON.stringify(open.value)}, as invoked`, JSON.stringify(value), event.line);
	}
	return {type: 'written', version: undefined};
}

function labKey({fields, line}: Event): string {
	const key = fields.get(':key');
	if (key?.type === 'string') return key.value;
	throw new HistoryError(':key, a string', showField(key), line);
}

function labValue({fields, line}: Event): string | undefined {
	const value = fields.get(':value');
	if (value === undefined || value.type === 'nil') return undefined;
	if (value.type === 'string') return value.value;
	throw new HistoryError(':value, nil or a string', printEdn(value), line);
}

function keyword(fields: ReadonlyMap<string, Edn>, name: string, line: number): string {
	const field = fields.get(name);
	if (field?.type === 'keyword') return field.name;
	throw new HistoryError(`${name}, a keyword`, showField(field), line);
}

const showField = (field: Edn | undefined): string => (field === undefined ? 'none' : printEdn(field));
const printFields = ({fields}: Event): string => printEdn({type: 'map', entries: fields});
