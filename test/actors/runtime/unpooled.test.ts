import {MessageChannel, receiveMessageOnPort} from 'node:worker_threads';
import test from 'ava';
import {Outbox} from '../../../actors/runtime/outbox.js';
import {unpooled} from '../../../actors/runtime/unpooled.js';

/** Bytes that Node cuts out of its pool. */
const pooled = Buffer.from('hello');

test('a small Buffer crosses a port with its own bytes alone, wherever it stands in the message', t => {
	t.true(pooled.buffer.byteLength > pooled.byteLength, 'Node pools small Buffers');
	const {port1, port2} = new MessageChannel();
	t.teardown(() => port1.close());
	const outbox = new Outbox(port1, () => t.fail('all of it can be cloned'));
	const message = {direct: pooled, list: [[pooled]], map: new Map([['key', pooled]]), set: new Set([pooled])};
	outbox.push({type: 'tell', to: 'actor', message, ask: undefined}, []);
	outbox.flush();
	const [frame] = (receiveMessageOnPort(port2) as {readonly message: [{readonly message: typeof message}]}).message;
	const {direct, list, map, set} = frame.message;
	for (const bytes of [direct, list[0]?.[0], map.get('key'), ...set]) {
		t.deepEqual(new Uint8Array(bytes ?? []), new Uint8Array(pooled));
		t.is(bytes?.buffer.byteLength, pooled.byteLength);
	}
});

test('what has no pooled Buffer in it is posted as it is', t => {
	const memory = new ArrayBuffer(16);
	const message = {view: new Uint8Array(memory, 4, 4), whole: Buffer.alloc(10_000), text: 'a', date: new Date(0)};
	t.is(unpooled(message, []), message);
});

test('a Buffer whose memory is handed over stays in its memory', t => {
	const view = Buffer.from(new ArrayBuffer(16), 4, 4);
	const message = {view};
	t.is(unpooled(message, [view.buffer]), message);
});

test('what was one object stays one, circles close, and keys keep their names', t => {
	const shared = {pooled};
	const message: Record<string, unknown> = {first: shared, second: shared};
	message['circle'] = message;
	Object.defineProperty(message, '__proto__', {value: 1, enumerable: true});
	const copy = unpooled(message, []) as typeof message;
	t.not(copy, message);
	t.is(copy['first'], copy['second']);
	t.is(copy['circle'], copy);
	t.true(Object.hasOwn(copy, '__proto__'));
	t.is(Object.getPrototypeOf(copy), Object.prototype);
});

test('a message as deep as a structured clone allows is looked through', t => {
	let deep: unknown = 'end';
	for (let depth = 0; depth < 50_000; depth++) deep = [deep];
	t.is(unpooled(deep, []), deep);
});
