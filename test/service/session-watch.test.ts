/** Sessions that were forgotten: counted by every replica, told by the leader, and never in a flood. */
import test from 'ava';
import {codec} from '../../actors/codec/codec.js';
import {kvMachine} from '../../src/kv/state-machine.js';
import {term} from '../../src/raft/types.js';
import type {ServiceEvent} from '../../src/service/events.js';
import {ReplicatedState} from '../../src/service/replicated-state.js';
import {SessionWatch} from '../../src/service/server/session-watch.js';
import {encodeCommand, type Command} from '../kv/helpers.js';

const limits = {sessionsMax: 2, sessionTimeoutMs: 1000};

/** Applies these commands in their order. */
function replica(): {readonly state: ReplicatedState; readonly run: (...commands: readonly Command[]) => void} {
	const state = new ReplicatedState({codec, machine: kvMachine(), limits});
	const run = (...commands: readonly Command[]): void => {
		for (const command of commands) {
			const index = state.appliedIndex + 1;
			state.apply({index, term: term(1), type: 'command', command: encodeCommand(command)});
		}
	};
	return {state: state as unknown as ReplicatedState, run};
}

const open: Command = {type: 'openSession', closes: 0};
const clock = (logTime: number): Command => ({type: 'clock', logTime, wallTime: 0});

test('a replica counts the sessions that it forgets, also after a snapshot took the place of its state', t => {
	const {state, run} = replica();
	run(open, open, open);
	t.deepEqual({...state.sessionEnds}, {expired: 0, evicted: 1});
	run({type: 'closeSession', session: 2});
	t.deepEqual({...state.sessionEnds}, {expired: 0, evicted: 1}, 'what its client closes is not forgotten');
	const writer = state.beginSnapshot(1000);
	const reader = state.beginRestore();
	for (let done = false; !done;) {
		const chunk = writer.nextChunk();
		reader.push(chunk.data);
		done = chunk.done;
	}
	while (reader.step() > 0);
	state.restore(reader);
	run(clock(1000));
	t.deepEqual({...state.sessionEnds}, {expired: 1, evicted: 1});
	t.is(state.sessionCount, 0);
});

test('a leader tells what was forgotten since it last told, at most once a second', t => {
	const {state, run} = replica();
	let now = 5000;
	const leadership = {isOurs: false};
	const told: ServiceEvent[] = [];
	const watch = new SessionWatch({state, leadership, now: () => now, event: event => told.push(event)});
	run(open, open, open);
	watch.check();
	leadership.isOurs = true;
	watch.check();
	t.deepEqual(told, [], 'what was forgotten while another node led is not its to tell');
	run(open);
	watch.check();
	run(open);
	now += 999;
	watch.check();
	t.deepEqual(told, [{type: 'sessionsExpired', expired: 0, evicted: 1, open: 2}]);
	run(clock(1000));
	now += 1;
	watch.check();
	watch.check();
	t.deepEqual(told.slice(1), [{type: 'sessionsExpired', expired: 2, evicted: 1, open: 0}]);
});
