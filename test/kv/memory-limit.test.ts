import test from 'ava';
import {bytesOf} from '../../actors/text.js';
import {Store} from '../../src/kv/store.js';
import type {WriteOperation} from '../../src/kv/types.js';
import {applyTo, decodeCommand, encodeCommand, newState, operationOf, put, writerTo, type Command} from './helpers.js';

test('a store counts what its keys and values take, and gives it back', t => {
	const store = new Store();
	const value = new Uint8Array(100);
	for (let key = 0; key < 1000; key++) store.set(`key ${key}`, value, 1);
	const full = store.bytes;
	t.true(full > 107_000 && full < 160_000, String(full));
	store.set('large', new Uint8Array(50_000), 1);
	t.true(store.bytes >= full + 50_000 && store.bytes < full + 51_000);
	store.freeze();
	store.delete('large');
	store.thaw();
	t.true(store.bytes <= full + 1000);
	for (let key = 0; key < 1000; key++) store.delete(`key ${key}`);
	t.is(store.bytes, 0);
	store.set('again', value, 1);
	store.clear();
	t.is(store.bytes, 0);
});

test('of writes those that fit are admitted, each beside what those before it leave', t => {
	const state = newState();
	const write = writerTo(state);
	write(put('there', 'x'.repeat(1000)));
	const writes: WriteOperation[] = [
		put('there', 'y'.repeat(1000)),
		put('new', 'z'.repeat(500)),
		{type: 'delete', key: 'there'},
		{type: 'append', key: 'there', value: bytesOf('a'.repeat(40))},
		put('large', 'z'.repeat(5000)),
		put('other', 'z'.repeat(500)),
		{type: 'clear'},
		put('last', 'z'.repeat(800)),
	];
	t.true(state.machine.fits(writes, 10_000).every(fits => fits));
	t.deepEqual(state.machine.fits(writes, 100), [true, false, true, true, false, true, true, true]);
});

test('a refusal for want of memory travels as bytes, changes nothing, and is the answer to every repeat of the write', t => {
	const state = newState();
	const opened = applyTo(state, {type: 'openSession', closes: 0});
	const session = opened.type === 'sessionOpened' ? opened.session : 0;
	const refusal: Command = {
		type: 'writes',
		session,
		acknowledged: 0,
		after: 0,
		writes: [{sequence: 1, write: undefined}],
	};
	t.deepEqual(decodeCommand(encodeCommand(refusal)), refusal);
	t.deepEqual(applyTo(state, refusal), {type: 'outOfMemory'});
	t.deepEqual(applyTo(state, operationOf(session, 1, 0, put('k', 'v'))), {type: 'outOfMemory'});
	t.is(state.machine.itemCount, 0);
});
