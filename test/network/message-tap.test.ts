/** Who watches the messages: what is shown of each, how it is chosen, and that nothing is looked at while nobody does. */
import test from 'ava';
import {Cluster, type MessageSighting, nodeEndpoint} from '../../actors/index.js';
import {MessageTaps, type TappedPassage, type TappedPayload} from '../../actors/network/message-tap.js';
import {sightingText} from '../../actors/observe/sighting-text.js';
import {packEntries} from '../../src/raft/codec.js';
import {type RaftMessage, term} from '../../src/raft/types.js';

const append = (count: number): RaftMessage => ({
	type: 'appendEntries',
	term: term(3),
	prevLogIndex: 100,
	prevLogTerm: term(2),
	entries: packEntries(
		Array.from({length: count}, (_, number) => ({
			index: 101 + number,
			term: term(3),
			type: 'command',
			command: new Uint8Array(5),
		})),
	),
	leaderCommit: 99,
	readToken: 0,
});

const between = (payload: TappedPayload, from = 0, to = 2): TappedPassage => ({
	from: nodeEndpoint(from),
	to: nodeEndpoint(to),
	bytes: 64,
	payload,
});

const says = test.macro((t, afterMs: readonly number[] | undefined, isUndeliverable: boolean, expected: string) => {
	const taps = new MessageTaps(() => 0);
	const lines: string[] = [];
	taps.add(sighting => lines.push(sightingText(sighting)), {});
	taps.see(between(append(20)), afterMs, isUndeliverable);
	t.deepEqual(lines, [`appendEntries T3  0 -> 2  [101..120]  commit 99  ${expected}`]);
});
test('a message that arrives at once is delivered', says, undefined, false, 'delivered');
test('a message that a fault loses is lost', says, [], false, 'LOST');
test('a message that comes late says how late', says, [12.34], false, 'delayed 12.3 ms');
test('a message that comes twice says so', says, [0, 5], false, 'delivered, 2 copies');
test('a message to a node that is down reaches nobody', says, undefined, true, 'NOBODY THERE');

test('an append without entries is a heartbeat', t => {
	const taps = new MessageTaps(() => 0);
	const seen: MessageSighting[] = [];
	taps.add(sighting => seen.push(sighting), {});
	taps.see(between(append(0)), undefined, false);
	t.like(seen[0], {detail: 'heartbeat, commit 99', firstIndex: undefined, lastIndex: undefined});
});

test('who wants one layer, some types or some nodes is shown no others', t => {
	const taps = new MessageTaps(() => 0);
	const seen: string[] = [];
	taps.add(({type}) => seen.push(`client ${type}`), {layer: 'client'});
	taps.add(({from}) => seen.push(`votes ${from}`), {types: ['requestVote']});
	taps.add(({to}) => seen.push(`node 1 ${to}`), {endpoints: [nodeEndpoint(1)]});
	const vote = {
		type: 'requestVote',
		term: term(1),
		preVote: false,
		isTransfer: false,
		lastLogIndex: 1,
		lastLogTerm: term(1),
	};
	taps.see({...between({type: 'read', reads: new Uint8Array()}), from: 'client:7'}, undefined, false);
	taps.see(between(vote as RaftMessage), undefined, false);
	taps.see(between(append(1), 0, 1), undefined, false);
	taps.see(between(append(1), 1, 0), undefined, false);
	t.deepEqual(seen, ['client read', 'votes node:0', 'node 1 node:1', 'node 1 node:0']);
});

test('no more are shown than was asked for, and the others are counted', t => {
	let nowMs = 0;
	const taps = new MessageTaps(() => nowMs);
	const skipped: number[] = [];
	taps.add(sighting => skipped.push(sighting.skipped), {perSecondMax: 20});
	// 1000 a second, for two seconds.
	for (; nowMs < 2000; nowMs++) taps.see(between(append(1)), undefined, false);
	t.true(skipped.length >= 40 && skipped.length <= 42, String(skipped.length));
	t.is(skipped[0], 0);
	t.true(
		skipped.every(count => count <= 100),
		skipped.join(),
	);
	const counted = skipped.reduce((sum, count) => sum + count, skipped.length);
	t.true(counted > 1900 && counted <= 2000, String(counted));
});

test('of messages that come in rounds each is shown in its turn', t => {
	let nowMs = 0;
	const taps = new MessageTaps(() => nowMs);
	const shown: string[] = [];
	taps.add(({from, to}) => shown.push(`${from} ${to}`), {perSecondMax: 20});
	// The heartbeats of a leader to four followers, and their answers: 160 messages a second, for four seconds.
	for (; nowMs < 4000; nowMs += 50) {
		for (const to of [1, 2, 3, 4]) taps.see(between(append(1), 0, to), undefined, false);
		for (const from of [1, 2, 3, 4]) taps.see(between(append(1), from, 0), undefined, false);
	}
	t.is(new Set(shown).size, 8, shown.join());
	t.true(shown.length <= 82, String(shown.length));
});

test('nobody is shown anything any more who has had enough', t => {
	const taps = new MessageTaps(() => 0);
	let count = 0;
	const ends = [taps.add(() => count++, {}), taps.add(() => count++, {})];
	taps.see(between(append(1)), undefined, false);
	ends[0]?.();
	t.true(taps.isWanted);
	ends[1]?.();
	t.false(taps.isWanted);
	taps.see(between(append(1)), undefined, false);
	t.is(count, 2);
});

test('on a real cluster the messages of a write are seen, and those that a cut loses', async t => {
	await using cluster = await Cluster.start({nodes: 3});
	const leader = await cluster.waitForLeader(30_000);
	await using clerk = cluster.clerk();
	await clerk.put('a', '0');
	const seen: MessageSighting[] = [];
	const end = cluster.onMessage(sighting => seen.push(sighting));
	await clerk.put('a', '1');
	const other = (leader + 1) % 3;
	cluster.faults.cut(leader, other);
	await clerk.put('a', '2');
	end();
	t.true(seen.some(({layer, type, to}) => layer === 'client' && type === 'write' && to === nodeEndpoint(leader)));
	const appends = seen.filter(({type, firstIndex}) => type === 'appendEntries' && firstIndex !== undefined);
	t.true(appends.length > 1 && appends.every(({from}) => from === nodeEndpoint(leader)));
	t.true(appends.some(({to, afterMs}) => to === nodeEndpoint(other) && afterMs.length === 0));
	const count = seen.length;
	await clerk.put('a', '3');
	t.is(seen.length, count);
});
