/** From Lua to RESP and back, as Redis has it: numbers lose what is behind the point, and nil ends a list. */
import type {Runtime} from '../../lua/runtime.js';
import {LuaTable, type LuaValue} from '../../lua/values.js';
import type {ScriptReply} from '../types.js';
import {replyDepthMax} from './reply.js';

/** The versions of RESP that a script can ask for with `redis.setresp`. */
export type RespVersion = 2 | 3;

/** What `redis.call` returns for an answer that is no error. */
export function valueOfReply(runtime: Runtime, reply: ScriptReply, version: RespVersion): LuaValue {
	// RESP2 has nothing but a bulk string that is none, and nil would end a list.
	if (reply === undefined) return version === 3 ? undefined : false;
	if (typeof reply === 'string') return runtime.text(reply);
	if (typeof reply === 'bigint') return Number(reply);
	if (typeof reply === 'boolean') return reply;
	const table = runtime.newTable();
	if ('text' in reply) runtime.setRaw(table, reply.type === 'status' ? 'ok' : 'err', reply.text);
	else if (reply.type === 'double') runtime.setRaw(table, 'double', reply.value);
	else {
		for (const [offset, item] of reply.items.entries())
			runtime.setRaw(table, offset + 1, valueOfReply(runtime, item, version));
	}
	return table;
}

/** As C casts a double to 64 bits: what does not fit is the smallest. */
function int64Of(value: number): bigint {
	return value > -(2 ** 63) && value < 2 ** 63 ? BigInt(Math.trunc(value)) : -(2n ** 63n);
}

/** What a script's result is as an answer. */
export function replyOfValue(runtime: Runtime, value: LuaValue, version: RespVersion, depth = 0): ScriptReply {
	if (depth > replyDepthMax) throw runtime.error('reached lua stack limit');
	if (typeof value === 'string') return value;
	if (typeof value === 'number') return int64Of(value);
	if (typeof value === 'boolean') return version === 3 ? value : value ? 1n : undefined;
	return value instanceof LuaTable ? replyOfTable(runtime, value, version, depth) : undefined;
}

function replyOfTable(runtime: Runtime, table: LuaTable, version: RespVersion, depth: number): ScriptReply {
	const error = table.get('err');
	if (typeof error === 'string') return {type: 'error', text: error};
	const status = table.get('ok');
	if (typeof status === 'string') return {type: 'status', text: status};
	const double = table.get('double');
	if (typeof double === 'number') return {type: 'double', value: double};
	const inner = (value: LuaValue): ScriptReply => replyOfValue(runtime, value, version, depth + 1);
	const map = table.get('map');
	if (map instanceof LuaTable) return {type: 'map', items: entriesOf(runtime, map).flatMap(each => each.map(inner))};
	const set = table.get('set');
	if (set instanceof LuaTable) return {type: 'set', items: entriesOf(runtime, set).map(([key]) => inner(key))};
	const items: ScriptReply[] = [];
	for (let position = 1; table.get(position) !== undefined; position += 1) {
		runtime.meter.step();
		items.push(inner(table.get(position)));
	}
	return {type: 'list', items};
}

function entriesOf(runtime: Runtime, table: LuaTable): (readonly [LuaValue, LuaValue])[] {
	const entries: (readonly [LuaValue, LuaValue])[] = [];
	for (let entry = table.next(undefined); entry; entry = table.next(entry[0])) {
		runtime.meter.step();
		entries.push(entry);
	}
	return entries;
}
