import test from 'ava';
import {packedBytes, unpackEntries} from '../../src/raft/codec.js';
import {ConfigurationHistory} from '../../src/raft/configuration-history.js';
import {encodeConfiguration} from '../../src/raft/codec.js';
import {RaftLog} from '../../src/raft/log.js';
import {type LogEntry, term} from '../../src/raft/types.js';
import {clusterOf, entry, logOf, snapshotOf} from './harness/node.js';

const newLog = (terms: readonly number[], snapshotIndex = 0, snapshotTerm = 0): RaftLog =>
	new RaftLog({
		snapshot: snapshotIndex === 0 ? undefined : snapshotOf(snapshotIndex, snapshotTerm),
		entries: logOf(terms, snapshotIndex + 1),
	});

const bytesOfAll = (entries: readonly LogEntry[]): number => entries.reduce((sum, next) => sum + packedBytes(next), 0);

test('an empty log ends at 0, in term 0', t => {
	const log = newLog([]);
	t.like(log, {lastIndex: 0, lastTerm: term(0), snapshotIndex: 0, bytes: 0});
	t.is(log.termAt(0), term(0));
	t.is(log.termAt(1), undefined);
});

test("a log behind a snapshot knows the snapshot's term, and nothing before it", t => {
	const log = newLog([3, 3, 4], 10, 2);
	t.like(log, {lastIndex: 13, lastTerm: term(4), snapshotIndex: 10, snapshotTerm: term(2)});
	t.deepEqual(
		[9, 10, 11, 13, 14].map(index => log.termAt(index)),
		[undefined, term(2), term(3), term(4), undefined],
	);
	t.deepEqual(log.slice(11, 13), logOf([3, 3], 11));
});

test('gaps, falling terms and cuts into a snapshot are bugs, and throw', t => {
	const log = newLog([3, 3], 10, 2);
	t.throws(() => log.append(entry(14, 3)), {code: 'ERR_INVARIANT'});
	t.throws(() => log.append(entry(13, 2)), {code: 'ERR_INVARIANT'});
	t.throws(() => log.truncateFrom(10), {code: 'ERR_INVARIANT'});
	t.throws(() => log.compactTo(13, term(3)), {code: 'ERR_INVARIANT'});
	t.throws(() => log.compactTo(10, term(2)), {code: 'ERR_INVARIANT'});
});

test('the bytes of a log are those of the entries that it holds, whatever happens to it', t => {
	const log = newLog([1, 1, 2, 2]);
	log.append(entry(5, 2, 'abc'));
	t.is(log.bytes, bytesOfAll(log.slice(1, 6)));
	log.truncateFrom(4);
	t.is(log.bytes, bytesOfAll(log.slice(1, 4)));
	log.compactTo(2, term(1));
	t.is(log.bytes, bytesOfAll(log.slice(3, 4)));
	t.like(log, {snapshotIndex: 2, snapshotTerm: term(1), lastIndex: 3});
	log.resetTo(9, term(4));
	t.like(log, {bytes: 0, snapshotIndex: 9, lastIndex: 9, lastTerm: term(4)});
});

test('a packed range ends at the limit, holds one entry at least, and is never a stale one', t => {
	const log = newLog([1, 1, 1]);
	const {length} = log.pack(1, 0).bytes;
	t.is(log.pack(1, 0).count, 1);
	t.is(log.pack(1, 2 * length).count, 2);
	t.is(log.pack(1, 2 * length - 1).count, 1);
	t.is(log.pack(1, 1000).count, 3);
	t.is(log.pack(4, 1000).count, 0);
	log.append(entry(4, 1, 'new'));
	t.is(log.pack(1, 1000).count, 4);
	log.truncateFrom(4);
	log.append(entry(4, 2, 'other'));
	const packed = log.pack(1, 1000);
	t.deepEqual(unpackEntries(packed.bytes, 1), log.slice(1, 5));
	log.compactTo(1, term(1));
	t.deepEqual(unpackEntries(log.pack(2, 1000).bytes, 2), log.slice(2, 5));
});

test('all followers of a steady leader share one packed range', t => {
	const log = newLog([1, 1]);
	t.is(log.pack(1, 1000).bytes, log.pack(1, 1000).bytes);
});

test('runs of a term are found from either end (§5.3, fast backtracking)', t => {
	const log = newLog([1, 1, 2, 2, 2, 5]);
	t.deepEqual(
		[1, 2, 3, 4, 5, 6].map(index => log.firstIndexOfRun(index)),
		[1, 1, 3, 3, 3, 6],
	);
	t.is(log.lastIndexOfTerm(term(2), 6), 5);
	t.is(log.lastIndexOfTerm(term(2), 4), 4);
	t.is(log.lastIndexOfTerm(term(2), 99), 5);
	t.is(log.lastIndexOfTerm(term(3), 6), undefined);
	t.is(log.lastIndexOfTerm(term(5), 4), undefined);
	const behind = newLog([2, 2], 10, 2);
	t.is(behind.firstIndexOfRun(12), 11);
	t.is(behind.lastIndexOfTerm(term(2), 10), 10);
	t.is(behind.lastIndexOfTerm(term(1), 12), undefined);
});

test('of two logs the later last term is more up to date, then the longer (§5.4.1)', t => {
	const log = newLog([1, 2, 2]);
	t.true(log.isUpToDate(term(2), 3));
	t.true(log.isUpToDate(term(3), 1));
	t.false(log.isUpToDate(term(2), 2));
	t.false(log.isUpToDate(term(1), 9));
	t.true(newLog([], 5, 3).isUpToDate(term(3), 5));
	t.false(newLog([], 5, 3).isUpToDate(term(3), 4));
});

test('the configuration is the latest in the log, goes when it is cut off, and stays in the snapshot (§6, B-30)', t => {
	const [initial, second, third] = [clusterOf(1), clusterOf(2), clusterOf(3)];
	const change = (index: number, configuration: typeof initial): LogEntry => ({
		...entry(index, 1, '', 'configuration'),
		command: encodeConfiguration(configuration),
	});
	const history = new ConfigurationHistory(initial, {
		snapshot: undefined,
		entries: [change(2, second), change(4, third)],
	});
	t.deepEqual(
		[1, 2, 3, 4, 9].map(index => history.at(index).voters.length),
		[1, 2, 2, 3, 3],
	);
	t.deepEqual(history.latest, third);
	history.truncateFrom(4);
	t.deepEqual(history.latest, second);
	history.append(change(4, third));
	history.compactTo(snapshotOf(3, 1, history.at(3)));
	t.deepEqual([history.at(3), history.latest], [second, third]);
	history.truncateFrom(4);
	t.deepEqual(history.latest, second);
});
