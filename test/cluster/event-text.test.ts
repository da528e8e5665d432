/** Events in words. */
import test from 'ava';
import {eventText} from '../../actors/cluster/event-text.js';
import {nodeId, term} from '../../src/raft/types.js';

test('a stalled commit says how many entries wait, in the right number', t => {
	const stalled = (lastIndex: number): string | undefined =>
		eventText({type: 'commitStalled', id: nodeId(1), term: term(2), commitIndex: 5, lastIndex, stalledMs: 312.4})?.text;
	t.is(stalled(6), 'node 1 leads and has committed nothing for 312 ms; 1 entry waits');
	t.is(stalled(8), 'node 1 leads and has committed nothing for 312 ms; 3 entries wait');
});
