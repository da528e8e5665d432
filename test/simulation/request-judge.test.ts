import test from 'ava';
import {codec} from '../../actors/codec/codec.js';
import type {WriteOperation} from '../../src/kv/types.js';
import {kvWords, type KvTypes} from '../../src/kv/words.js';
import {CommandCodec} from '../../src/service/command-codec.js';
import type {ServiceRequest} from '../../src/service/types.js';
import {kvMachine} from '../../src/kv/state-machine.js';
import {bytesOfText, kvOperationWords} from '../../src/simulation/kv/operation-text.js';
import {RequestJudge} from '../../src/simulation/request-judge.js';

const put = (name: string): WriteOperation => ({type: 'put', key: 'k0', value: bytesOfText(`${name},`)});
const first = put('1');
const second = put('2');
const third = put('3');

const subject = {machine: kvMachine(), words: kvOperationWords};

interface Head {
	readonly acknowledged?: number;
	/** The write before the first one of the request. */
	readonly after?: number;
	readonly session?: number;
}

/** A request for these writes, by their numbers. */
function request(
	{acknowledged = 0, after, session = 7}: Head,
	...operations: readonly (readonly [number, WriteOperation])[]
): ServiceRequest {
	const numbered = operations.map(([sequence, write]) => ({sequence, write}));
	const command = new CommandCodec(codec, kvWords).encodeCommand({
		type: 'writes',
		session,
		acknowledged,
		after: after ?? acknowledged,
		writes: numbered,
	});
	return {type: 'write', command};
}

/** Asked for the three writes, in this order. */
function begun(): {readonly judge: RequestJudge<KvTypes>; readonly told: string[]} {
	const told: string[] = [];
	const judge = new RequestJudge(codec, subject, (invariant, detail) => told.push(`${invariant}: ${detail}`));
	for (const [place, operation] of [first, second, third].entries()) judge.asked(place + 1, operation);
	return {judge, told};
}

test('requests that name the write before them are in order, also when they are sent again and when a write was given up', t => {
	const {judge, told} = begun();
	t.is(judge.sent(request({}, [1, first])), 1);
	judge.sent(request({after: 1}, [2, second]));
	judge.sent(request({after: 2}, [3, third]));
	judge.sent(request({}, [1, first]));
	judge.settled(second);
	judge.sent(request({after: 1}, [3, third]));
	judge.settled(first);
	judge.sent(request({acknowledged: 2}, [3, third]));
	t.deepEqual(told, []);
});

test('in a new session a write may have a new number', t => {
	const {judge, told} = begun();
	judge.sent(request({}, [1, first], [2, second]));
	judge.settled(first);
	judge.sent(request({session: 9}, [1, second], [2, third]));
	t.deepEqual(told, []);
});

for (const [what, wrong] of [
	['passes over a write that waits for its answer', request({after: 1}, [3, third])],
	['passes over such a write between two of its own', request({}, [1, first], [3, third])],
	['acknowledges a write that waits for its answer', request({acknowledged: 2}, [3, third])],
	['gives a write another number in the same session', request({after: 2}, [3, second])],
	['numbers a write before one that was asked for earlier', request({}, [1, third])],
] as const) {
	test(`a request that ${what} breaks the invariant sessionOrder`, t => {
		const {judge, told} = begun();
		judge.sent(request({}, [1, first], [2, second]));
		t.deepEqual(told, []);
		judge.sent(wrong);
		t.regex(told[0] ?? '', /^sessionOrder: operation \d put k0/);
	});
}
