import test from 'ava';
import {codec} from '../../actors/codec/codec.js';
import {bytesOf} from '../../actors/text.js';
import {decodeCommand, encodeCommand} from '../../src/kv/command-codec.js';
import {withinMemory} from '../../src/kv/memory-limit.js';
import {KvStateMachine} from '../../src/kv/state-machine.js';
import {Store} from '../../src/kv/store.js';
import type {Command, ReadOperation, Result, WriteOperation} from '../../src/kv/types.js';
import {applyTo, operationOf, put, writerTo} from './helpers.js';

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

test('of operations those that fit are admitted, and each of the others is a refusal under its own number', t => {
	const machine = new KvStateMachine(codec);
	const write = writerTo(machine);
	write(put('there', 'x'.repeat(1000)));
	const operations: WriteOperation[] = [
		put('there', 'y'.repeat(1000)),
		put('new', 'z'.repeat(500)),
		{type: 'delete', key: 'there'},
		{type: 'append', key: 'there', value: bytesOf('a'.repeat(40))},
		put('large', 'z'.repeat(5000)),
		put('other', 'z'.repeat(500)),
		{type: 'clear'},
		put('last', 'z'.repeat(800)),
	];
	const numbered = operations.map((operation, place) => ({sequence: place + 7, operation}));
	const read = (operation: ReadOperation): Result => machine.read(operation);
	const {storeBytes} = machine;
	t.is(withinMemory(numbered, {room: 10_000, storeBytes, read}), undefined);
	const admitted = withinMemory(numbered, {room: 100, storeBytes, read});
	const types = admitted?.map(({sequence, operation}) => [sequence, operation.type]);
	t.deepEqual(types, [
		[7, 'put'],
		[8, 'refuse'],
		[9, 'delete'],
		[10, 'append'],
		[11, 'refuse'],
		[12, 'put'],
		[13, 'clear'],
		[14, 'put'],
	]);
});

test('a refusal travels as bytes, changes nothing, and is the answer to every repeat of the write', t => {
	const machine = new KvStateMachine(codec);
	const opened = applyTo(machine, {type: 'openSession', closes: 0});
	const session = opened.type === 'sessionOpened' ? opened.session : 0;
	const refusal: Command = {
		type: 'operations',
		session,
		acknowledged: 0,
		after: 0,
		operations: [{sequence: 1, operation: {type: 'refuse'}}],
	};
	t.deepEqual(decodeCommand(codec, encodeCommand(codec, refusal)), refusal);
	const answer = {type: 'invalid', reason: 'outOfMemory', version: 0} as const;
	t.deepEqual(applyTo(machine, refusal), answer);
	t.deepEqual(applyTo(machine, operationOf(session, 1, 0, put('k', 'v'))), answer);
	t.is(machine.keyCount, 0);
});
