import test from 'ava';
import {SimulatedFile, type UnsyncedWrite} from '../../src/storage/simulated-file.js';

const write = (...data: readonly number[]): UnsyncedWrite => ({
	offset: 0,
	data: Uint8Array.from(data),
	isDone: true,
	isLost: false,
});

const seenIn = (file: SimulatedFile): readonly number[] => [...file.read(0, file.size)];

test('after a crash a file is what the platter has, where an older write reached it last', t => {
	const file = new SimulatedFile(new Uint8Array(2));
	const older = write(1, 1);
	const newer = write(2, 2);
	file.write(older);
	file.write(newer);
	file.makeDurable([newer]);
	file.makeDurable([older]);
	t.deepEqual(seenIn(file), [2, 2]);
	file.cutShort(() => 0);
	t.deepEqual(seenIn(file), [1, 1]);
});

test('after a crash a file is what the platter has, where a bit flipped before a write reached it', t => {
	const file = new SimulatedFile(new Uint8Array(2));
	const held = write(4, 4);
	file.write(held);
	file.flipBit(0);
	file.makeDurable([held]);
	t.deepEqual(seenIn(file), [5, 4]);
	file.losePower('drop', () => 0);
	t.deepEqual(seenIn(file), [4, 4]);
});
