/** What a script may do to the state, and what it may take: the same on every replica. */
import test from 'ava';
import {ScriptRunner} from '../../../src/kv/script/script-runner.js';
import {Store} from '../../../src/kv/store.js';
import type {Result, ScriptReply} from '../../../src/kv/types.js';

const bytes = (text: string): Uint8Array => Buffer.from(text, 'latin1');

class Replica {
	readonly store = new Store();
	readonly #runner = new ScriptRunner();
	#version = 0;

	run(
		source: string,
		keys: readonly string[] = [],
		values: readonly string[] = [],
	): Extract<Result, {type: 'scripted'}> {
		const execution = {store: this.store, version: ++this.#version, now: 1_700_000_000_123, valueBytesMax: 2 ** 20};
		const result = this.#runner.run(execution, {source: bytes(source), keys, values: values.map(bytes)});
		if (result.type !== 'scripted') throw new TypeError(result.type);
		return result;
	}

	get(key: string): string | undefined {
		const stored = this.store.get(key);
		return stored && Buffer.from(stored.value).toString('latin1');
	}
}

const errorOf = (reply: ScriptReply): string =>
	typeof reply === 'object' && reply.type === 'error' ? reply.text : typeof reply === 'string' ? reply : typeof reply;

test('a script that fails has changed nothing, whatever it wrote before', t => {
	const replica = new Replica();
	replica.run("redis.call('set', 'kept', 'before')");
	const failed = replica.run(
		"redis.call('set', 'kept', 'after') redis.call('set', 'new', 1) redis.call('del', 'kept') error('no')",
	);
	t.false(failed.isApplied);
	t.regex(errorOf(failed.reply), /^ERR user_script:1: no script: [0-9a-f]{40}, on @user_script:1\.$/);
	t.is(replica.get('kept'), 'before');
	t.is(replica.get('new'), undefined);
	replica.run("redis.call('flushall') redis.call('incr', 'missing', 'argument')");
	t.is(replica.get('kept'), 'before');
});

test('an error that a script returns is an answer, and what it wrote stays', t => {
	const replica = new Replica();
	const {isApplied, reply} = replica.run("redis.call('set', 'a', 1) return redis.error_reply('MINE no')");
	t.true(isApplied);
	t.is(errorOf(reply), 'MINE no');
	t.is(replica.get('a'), '1');
});

test('a script sees its own writes, and those of a deletion', t => {
	const replica = new Replica();
	const {reply} = replica.run(
		"redis.call('set', KEYS[1], ARGV[1]) local a = redis.call('get', KEYS[1]) redis.call('del', KEYS[1]) return {a, redis.call('exists', KEYS[1])}",
		['k'],
		['v'],
	);
	t.deepEqual(reply, {type: 'list', items: ['v', 0n]});
});

for (const [what, source] of [
	['steps', 'while true do end'],
	['steps', 'repeat pcall(function() while true do end end) until false'],
	['steps', "local s = ('a'):rep(30000) return s:find(('a*'):rep(50) .. 'b')"],
	['bytes', "local s = 'x' while true do s = s .. s end"],
	['bytes', "return ('x'):rep(1e9)"],
	['bytes', "local t = {} local i = 0 while true do i = i + 1 t[i] = ('x'):rep(1000) .. i end"],
] as const) {
	test(`a limit of ${what} ends a script, and nothing of it is left: ${source}`, t => {
		const replica = new Replica();
		const {isApplied, reply} = replica.run(`redis.call('set', 'a', 1) ${source}`);
		t.false(isApplied);
		t.regex(errorOf(reply), what === 'steps' ? /more than \d+ steps/ : /more than \d+ bytes/);
		t.is(replica.get('a'), undefined);
		t.is(replica.run('return 5').reply, 5n);
	});
}

for (const source of [
	'local function f(n) return 1 + f(n + 1) end return f(1)',
	'local function f() local ok, e = pcall(f) return e end return f()',
	"local t = setmetatable({}, {}) getmetatable(t).__index = function(self, k) return self[k .. 'x'] end return t.a",
	"return (string.gsub('x', 'x', function(x) local function f() return f() + 1 end return f() end))",
]) {
	test(`calls within calls end at a depth that is counted: ${source}`, t => {
		const replies = [new Replica(), new Replica()].map(replica => errorOf(replica.run(source).reply));
		t.is(replies[0], replies[1]);
		t.regex(replies[0] ?? '', /stack overflow/);
	});
}

test('what is nested too much is no script, whatever nests', t => {
	const deep = 100_000;
	for (const text of ['('.repeat(deep), '{'.repeat(deep), ' -'.repeat(deep), 'do '.repeat(deep)])
		t.regex(errorOf(new Replica().run(`return ${text} 1`).reply), /too many syntax levels|symbol|expected/);
	const sum = `return 1${' + 1'.repeat(deep)}`;
	t.regex(errorOf(new Replica().run(sum).reply), /too many syntax levels/);
});

test('a script cannot store more than a share of what it was sent with', t => {
	const replica = new Replica();
	const large = "redis.call('set', 'a', ('x'):rep(1000000))";
	t.regex(errorOf(replica.run(large).reply), /stores more than \d+ bytes/);
	t.is(replica.get('a'), undefined);
	t.true(replica.run("redis.call('set', 'a', ARGV[1])", [], ['x'.repeat(1_000_000)]).isApplied);
});

test('two replicas answer the same: chance, time, order and addresses are those of the log', t => {
	const source = `
local t, seen = {z = 1, y = 2, [3] = 3, x = 4}, {}
for k in pairs(t) do seen[#seen + 1] = tostring(k) end
return {math.random(1000), math.random(1000), redis.call('time'), table.concat(seen), tostring({}), cjson.encode(t)}`;
	const early = new Replica();
	const late = new Replica();
	late.run('return math.random()');
	const {reply} = early.run(source);
	t.deepEqual(late.run(source).reply, reply);
	t.deepEqual(reply, {
		type: 'list',
		items: [171n, 750n, {type: 'list', items: ['1700000000', '123000']}, 'zy3x', 'table', '{"z":1,"y":2,"3":3,"x":4}'],
	});
});

test('no script changes what the next one finds', t => {
	const replica = new Replica();
	for (const source of [
		'x = 1',
		'string.rep = nil',
		'rawset(_G, "x", 1)',
		"getmetatable('').__index = nil",
		'redis.call = nil',
	])
		t.regex(errorOf(replica.run(source).reply), /Attempt to modify a readonly table/);
	t.regex(errorOf(replica.run('return KEYS2').reply), /nonexistent global variable 'KEYS2'/);
	replica.run("KEYS[1] = 'other'", ['k']);
	t.deepEqual(replica.run('return KEYS', ['k']).reply, {type: 'list', items: ['k']});
});

test('redis.setresp(3) gives nil and truth as they are', t => {
	const {reply} = new Replica().run("redis.setresp(3) return {redis.call('get', 'no') == nil, true, false}");
	t.deepEqual(reply, {type: 'list', items: [true, true, false]});
});
