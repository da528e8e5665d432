import test from 'ava';
import {defaultSessionLimits, SessionTable} from '../../src/service/sessions.js';
import type {MachineTypes} from '../../src/service/machine.js';
import {outOfMemory, type Kept} from '../../src/service/types.js';

const bytesOfResult = (result: unknown): number => (typeof result === 'string' ? result.length : 1);

function opened(): {readonly table: SessionTable<MachineTypes>; readonly id: number} {
	const table = new SessionTable<MachineTypes>(defaultSessionLimits, bytesOfResult);
	table.open(7);
	return {table, id: 7};
}

test('whatever a machine answers is kept as it is, also nothing at all: a repeat must find it', t => {
	const {table, id} = opened();
	const session = table.use(id, 0)!;
	const results: readonly Kept<MachineTypes>[] = [
		{type: 'result', result: 'text'},
		{type: 'result', result: undefined},
		{type: 'result', result: null},
		{type: 'result', result: 0},
		outOfMemory,
		{type: 'result', result: {type: 'outOfMemory'}},
	];
	for (const [offset, kept] of results.entries()) table.keep(session, offset + 1, kept);
	t.deepEqual(
		results.map((_, offset) => session.keptOf(offset + 1)),
		results,
	);
	t.deepEqual(
		[...session.allKept()],
		results.map((kept, offset) => [offset + 1, kept] as const),
	);
	t.is(session.keptOf(7), undefined, 'nothing is kept under a number that was not used');
});

test('what is kept counts until the client has it, and then for nothing', t => {
	const {table, id} = opened();
	const session = table.use(id, 0)!;
	table.keep(session, 1, {type: 'result', result: 'four'});
	const one = session.resultBytes;
	table.keep(session, 2, outOfMemory);
	const two = session.resultBytes;
	table.keep(session, 3, {type: 'result', result: undefined});
	t.is(one, 4);
	t.true(two > one, 'a refusal takes room, too');
	table.use(id, 1);
	t.is(session.resultBytes, two - one + 1);
	table.use(id, 2);
	t.is(session.resultBytes, 1);
	table.use(id, 3);
	t.is(session.resultBytes, 0);
});
