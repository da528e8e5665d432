/** What the judge of the logs reports, broken by hand. */
import {term} from '../../../src/raft/types.js';
import type {Report} from '../../../src/simulation/violation.js';
import type {Breaker} from './breaker.js';
import {entry, LogScene, snapshotOf} from './log-scene.js';

const everybody = [0, 1, 2];

/** Node 0 leads term 1 with the vote of node 1, and all have its two entries; the first is committed. */
function begun(report: Report): LogScene {
	const scene = new LogScene(report);
	scene.elect(0, 1, 1);
	scene.append(everybody, entry(1, 1, 7), entry(2, 1, 8));
	scene.see(0, {commitIndex: 1});
	return scene;
}

const heartbeat = {
	type: 'appendEntries',
	term: term(1),
	prevLogIndex: 2,
	prevLogTerm: term(1),
	entries: new Uint8Array(),
	leaderCommit: 0,
	readToken: 0,
} as const;

export const logBreakers: readonly Breaker[] = [
	{
		invariant: 'electionSafety',
		what: 'two nodes send heartbeats as leaders of one term',
		show: (report, isBroken) => begun(report).judge.sent(isBroken ? 2 : 0, 1, heartbeat),
	},
	{
		invariant: 'leaderAppendOnly',
		what: 'a leader cuts off the end of its own log',
		show: (report, isBroken) => {
			const scene = begun(report);
			if (!isBroken) scene.see(0, {role: 'follower'});
			scene.write(0, {truncateFrom: 2});
			scene.see(0, {lastIndex: 1});
		},
	},
	{
		invariant: 'logMatching',
		what: 'two nodes have other bytes at the same index and term',
		show: (report, isBroken) => {
			const scene = begun(report);
			scene.append([0], entry(3, 1, 9));
			scene.append([1], entry(3, 1, isBroken ? 10 : 9));
		},
	},
	{
		invariant: 'logMatching',
		what: 'two nodes have the same entry behind entries of other terms',
		show: (report, isBroken) => {
			const scene = begun(report);
			scene.append([0], entry(3, 2, 9));
			if (isBroken) scene.write(2, {truncateFrom: 2, entries: [entry(2, 2, 5)]});
			scene.append([2], entry(3, 2, 9));
		},
	},
	{
		invariant: 'logMatching',
		what: 'a node keeps what does not follow on the snapshot that it was sent',
		show: (report, isBroken) => {
			const scene = begun(report);
			scene.append([0], entry(3, 1, 9));
			scene.append([2], entry(3, 1, 9));
			scene.write(2, {snapshot: snapshotOf(2, isBroken ? 2 : 1)});
		},
	},
	{
		invariant: 'committedForever',
		what: 'a node cuts off an entry that is committed',
		show: (report, isBroken) => begun(report).write(1, {truncateFrom: isBroken ? 1 : 2}),
	},
	{
		invariant: 'committedForever',
		what: 'a node commits another entry than the one that was committed',
		show: (report, isBroken) => {
			const scene = new LogScene(report);
			scene.elect(0, 1, 1);
			scene.append([0, 1], entry(1, 1, 7));
			scene.append([2], entry(1, isBroken ? 2 : 1, 7));
			scene.see(0, {commitIndex: 1});
			scene.see(2, {commitIndex: 1});
		},
	},
	{
		invariant: 'monotone',
		what: 'a node goes back to an older term',
		show: (report, isBroken) => {
			const scene = begun(report);
			scene.see(2, {currentTerm: term(2)});
			scene.see(2, {currentTerm: term(isBroken ? 1 : 3)});
		},
	},
	{
		invariant: 'monotone',
		what: 'a node goes back to a lower commit index',
		show: (report, isBroken) => begun(report).see(0, {commitIndex: isBroken ? 0 : 2}),
	},
	{
		invariant: 'monotone',
		what: 'a node goes back to an older snapshot',
		show: (report, isBroken) => {
			const scene = begun(report);
			scene.see(0, {commitIndex: 2});
			scene.write(0, {snapshot: snapshotOf(1, 1)});
			scene.see(0, {snapshotIndex: 1});
			scene.see(0, {snapshotIndex: isBroken ? 0 : 1});
		},
	},
	{
		invariant: 'indexOrder',
		what: 'a node has a snapshot of more than it has committed',
		show: (report, isBroken) => {
			const scene = begun(report);
			scene.write(1, {snapshot: snapshotOf(1, 1)});
			scene.see(1, {commitIndex: isBroken ? 0 : 1, snapshotIndex: 1});
		},
	},
	{
		invariant: 'leaderTerm',
		what: 'a leader goes on leading in a newer term, without an election',
		show: (report, isBroken) => begun(report).see(0, {currentTerm: term(2), role: isBroken ? 'leader' : 'follower'}),
	},
	{
		invariant: 'recovery',
		what: 'a disk has lost an entry that it had acknowledged',
		show: (report, isBroken) => {
			const entries = [entry(1, 1, 7), entry(2, 1, 8)];
			begun(report).restart(1, {entries: isBroken ? entries.slice(0, 1) : entries});
		},
	},
	{
		invariant: 'recovery',
		what: 'a disk has lost a vote that it had acknowledged',
		show: (report, isBroken) => {
			const entries = [entry(1, 1, 7), entry(2, 1, 8)];
			const hardState = {currentTerm: term(1), votedFor: undefined};
			begun(report).restart(1, isBroken ? {entries, hardState} : {entries});
		},
	},
	{
		invariant: 'recovery',
		what: 'a disk gives an entry with bytes that nobody wrote',
		show: (report, isBroken) => begun(report).restart(1, {entries: [entry(1, 1, 7), entry(2, 1, isBroken ? 80 : 8)]}),
	},
	{
		invariant: 'stateMachineSafety',
		what: 'a node tells its service an entry twice',
		show: (report, isBroken) => begun(report).judge.applies(0, [entry(1, 1, 7)], isBroken ? 1 : 0),
	},
];
