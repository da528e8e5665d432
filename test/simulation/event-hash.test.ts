import test from 'ava';
import {hashEvent} from '../../src/simulation/event-hash.js';
import {simulate} from '../../src/simulation/simulate.js';
import type {SimulationEvent} from '../../src/simulation/events.js';
import {TraceHash} from '../../src/simulation/trace-hash.js';
import {codec} from '../../actors/codec/codec.js';

test('the hash of an event is that of all its fields, also where they are spelled out', t => {
	const others = new Set<string>();
	const kinds = new Set<string>();
	const took = (_: number, event: SimulationEvent): void => {
		const kind = event.type === 'message' ? `message ${event.message.type}` : event.type;
		kinds.add(kind);
		const spelledOut = new TraceHash();
		hashEvent(spelledOut, event);
		const walked = new TraceHash();
		walked.payload(event);
		if (spelledOut.value !== walked.value) others.add(kind);
	};
	const observer = {begins: () => undefined, sent: () => undefined, entered: () => undefined, took};
	simulate({seed: 2, codec, durationMs: 2000, nodes: 3, observer});
	t.deepEqual([...others], []);
	for (const kind of ['disk', 'turn', 'timer', 'message appendEntries', 'message appendEntriesReply']) {
		t.true(kinds.has(kind), kind);
	}
});
