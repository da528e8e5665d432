/** What a line says of an edit and of its answer: see the tables in docs/checker.md. */
import {editNames, type KvEdit, type KvEditName, type KvReply, type KvValueCondition} from '../kv-operation.js';
import {show, type JsonFields} from './json-fields.js';

/** From how many to how many keys and values; `asKeys`: as many values as there are keys. */
interface Shape {
	readonly keys: readonly [min: number, max: number];
	readonly values: readonly [min: number, max: number] | 'asKeys';
}

const shapes: Readonly<Record<KvEditName, Shape>> = {
	rename: {keys: [2, 2], values: [0, 0]},
	renamenx: {keys: [2, 2], values: [0, 0]},
	copy: {keys: [2, 2], values: [0, 1]},
	setrange: {keys: [1, 1], values: [2, 2]},
	incrbyfloat: {keys: [1, 1], values: [1, 1]},
	setbit: {keys: [1, 1], values: [2, 2]},
	bitop: {keys: [2, Infinity], values: [1, 1]},
	bitfield: {keys: [1, 1], values: [0, Infinity]},
	msetnx: {keys: [1, Infinity], values: 'asKeys'},
};

export function readEdit(fields: JsonFields): KvEdit {
	const name = editNames.find(each => each === fields.get('name'));
	if (name === undefined) throw fields.error(`"name" to be ${editNames.join(', ')}`, show(fields.get('name')));
	const keys = fields.strings('keys');
	const values = fields.strings('values');
	const shape = shapes[name];
	const [valuesMin, valuesMax] = shape.values === 'asKeys' ? [keys.length, keys.length] : shape.values;
	const fits = keys.length >= shape.keys[0] && keys.length <= shape.keys[1];
	if (name === 'copy' && values.length === 1 && values[0] !== 'replace')
		throw fields.error('"values" of copy to be empty, or "replace"', show(values[0]));
	if (fits && values.length >= valuesMin && values.length <= valuesMax) return {type: 'edit', name, keys, values};
	throw fields.error(`as many "keys" and "values" as ${name} takes`, `${keys.length} keys and ${values.length} values`);
}

/** `{"is": VALUE}` or `{"isNot": VALUE}`; `undefined`: it is neither. */
export function valueConditionOf(told: unknown): KvValueCondition | undefined {
	if (typeof told !== 'object' || told === null) return undefined;
	const entries = Object.entries(told);
	const [[name, value] = ['', undefined]] = entries;
	if (entries.length !== 1 || typeof value !== 'string') return undefined;
	if (name === 'is') return {is: value};
	return name === 'isNot' ? {isNot: value} : undefined;
}

export function readReply(fields: JsonFields): KvReply {
	if (!fields.has('reply')) throw fields.error('"reply": what was answered', 'none');
	return replyOf(fields.get('reply'), fields);
}

function replyOf(told: unknown, fields: JsonFields): KvReply {
	if (told === null) return undefined;
	if (typeof told === 'string') return told;
	if (typeof told === 'number' && Number.isSafeInteger(told)) return BigInt(told);
	if (Array.isArray(told)) return {type: 'list', items: told.map(item => replyOf(item, fields))};
	const entries = typeof told === 'object' ? Object.entries(told) : [];
	const [[type, text] = ['', undefined]] = entries;
	if (entries.length === 1 && typeof text === 'string') {
		if (type === 'status' || type === 'error') return {type, text};
		if (type === 'integer' && /^-?[0-9]+$/.test(text)) return BigInt(text);
	}
	throw fields.error('a "reply" that an edit can give', show(told));
}

/** As `readReply` reads it. */
export function replyFields(reply: KvReply): unknown {
	if (reply === undefined) return null;
	if (typeof reply === 'string') return reply;
	if (typeof reply === 'bigint') {
		return Number.isSafeInteger(Number(reply)) ? Number(reply) : {integer: String(reply)};
	}
	return reply.type === 'list' ? reply.items.map(replyFields) : {[reply.type]: reply.text};
}
