import test from 'ava';
import {TraceHash} from '../../src/simulation/trace-hash.js';

function hashOf(...payloads: readonly unknown[]): string {
	const hash = new TraceHash();
	for (const payload of payloads) hash.payload(payload);
	return hash.value;
}

test('the hash of a trace covers what the events carry: every field, and every byte', t => {
	const message = {
		type: 'appendEntries',
		term: 3,
		entries: new Uint8Array([1, 2, 3, 4, 5]),
		success: true,
		none: undefined,
	};
	const others = [
		{...message, term: 4},
		{...message, term: 2 ** 40},
		{...message, entries: new Uint8Array([1, 2, 3, 4, 6])},
		{...message, entries: new Uint8Array([1, 2, 3, 4, 5, 0])},
		{...message, success: false},
		{...message, type: 'appendEntriesReply'},
		{...message, by: 7n},
		{...message, nested: [{key: 'a'}]},
		{...message, nested: [{key: 'b'}]},
	];
	const hashes = [message, ...others].map(payload => hashOf({message: payload}));
	t.is(new Set(hashes).size, hashes.length);
	t.is(hashOf({message}), hashOf({message: {...message}}));
	t.not(hashOf(message, others[0]), hashOf(others[0], message));
});
