import test from 'ava';
import fc from 'fast-check';
import {packedBytes, unpackEntries, encodeConfiguration} from '../../src/raft/codec.js';
import {ConfigurationHistory} from '../../src/raft/configuration-history.js';
import {RaftLog} from '../../src/raft/log.js';
import {type LogEntry, term} from '../../src/raft/types.js';
import {clusterOf, entry, logOf, snapshotOf} from './harness/node.js';

const newLog = (terms: readonly number[], snapshotIndex = 0, snapshotTerm = 0): RaftLog =>
	new RaftLog(
		{
			snapshot: snapshotIndex === 0 ? undefined : snapshotOf(snapshotIndex, snapshotTerm),
			entries: logOf(terms, snapshotIndex + 1),
		},
		1024,
	);

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

test('however old its entries are, a log is what it would be as a plain list', t => {
	const step = fc.oneof(
		{
			weight: 4,
			arbitrary: fc.record({
				kind: fc.constant('append' as const),
				count: fc.integer({min: 1, max: 8}),
				newTerm: fc.boolean(),
				bytes: fc.constantFrom(0, 5, 70_000),
			}),
		},
		{
			weight: 2,
			arbitrary: fc.record({kind: fc.constantFrom('truncate' as const, 'compact' as const), at: fc.nat(100)}),
		},
		{weight: 1, arbitrary: fc.record({kind: fc.constant('reset' as const), at: fc.nat(100)})},
	);
	const holds = fc.property(fc.array(step, {maxLength: 25}), fc.constantFrom(1, 3, 1024), (steps, youngEntries) => {
		const log = new RaftLog({snapshot: undefined, entries: []}, youngEntries);
		const model = new ListLog();
		for (const next of steps) {
			if (next.kind === 'append') {
				const entryTerm = Math.max(1, model.lastTerm) + (next.newTerm ? 1 : 0);
				for (let i = 0; i < next.count; i++) {
					const added = entry(model.lastIndex + 1, entryTerm, 'x'.repeat(i === 0 ? next.bytes : 1));
					log.append(added);
					model.entries.push(added);
				}
			} else {
				const index = model.snapshotIndex + 1 + (next.at % Math.max(1, model.entries.length));
				if (next.kind === 'reset') {
					log.resetTo(index + 5, term(model.lastTerm + 1));
					model.reset(index + 5, model.lastTerm + 1);
				} else if (model.entries.length === 0) {
					continue;
				} else if (next.kind === 'truncate') {
					log.truncateFrom(index);
					model.entries.length = index - model.snapshotIndex - 1;
				} else {
					log.compactTo(index, term(model.termAt(index) ?? 0));
					model.compactTo(index);
				}
			}
			if (!isLike(log, model)) return false;
		}
		return true;
	});
	t.notThrows(() => fc.assert(holds, {seed: 7, numRuns: 300}));
});

/** The log as a list: what the real one must be equal to. */
class ListLog {
	entries: LogEntry[] = [];
	snapshotIndex = 0;
	snapshotTerm = 0;

	get lastIndex(): number {
		return this.snapshotIndex + this.entries.length;
	}

	get lastTerm(): number {
		return this.entries.at(-1)?.term ?? this.snapshotTerm;
	}

	termAt(index: number): number | undefined {
		return index === this.snapshotIndex ? this.snapshotTerm : this.entries[index - this.snapshotIndex - 1]?.term;
	}

	compactTo(index: number): void {
		this.snapshotTerm = this.termAt(index) ?? 0;
		this.entries = this.entries.filter(({index: own}) => own > index);
		this.snapshotIndex = index;
	}

	reset(index: number, lastTerm: number): void {
		this.entries = [];
		this.snapshotIndex = index;
		this.snapshotTerm = lastTerm;
	}

	firstIndexOfRun(index: number): number {
		const own = this.termAt(index);
		let first = index;
		while (first - 1 > this.snapshotIndex && this.termAt(first - 1) === own) first--;
		return first;
	}

	lastIndexOfTerm(wanted: number, index: number): number | undefined {
		for (let last = Math.min(index, this.lastIndex); last >= this.snapshotIndex; last--) {
			if (this.termAt(last) === wanted) return last;
		}
		return undefined;
	}
}

function isLike(log: RaftLog, model: ListLog): boolean {
	const {snapshotIndex, lastIndex, entries} = model;
	if (log.lastIndex !== lastIndex || log.snapshotIndex !== snapshotIndex || log.lastTerm !== model.lastTerm)
		return false;
	if (log.bytes !== bytesOfAll(entries)) return false;
	for (let index = snapshotIndex; index <= lastIndex + 1; index++) {
		if (log.termAt(index) !== model.termAt(index)) return false;
		if (index > lastIndex) continue;
		if (index > snapshotIndex && log.firstIndexOfRun(index) !== model.firstIndexOfRun(index)) return false;
		for (let wanted = 0; wanted <= model.lastTerm + 1; wanted++) {
			if (log.lastIndexOfTerm(term(wanted), index) !== model.lastIndexOfTerm(wanted, index)) return false;
		}
	}
	const from = snapshotIndex + 1;
	const packed = lastIndex >= from ? unpackEntries(log.pack(from, Infinity).bytes, from) : [];
	const middle = Math.floor((from + lastIndex) / 2);
	return (
		isSame(packed ?? [], entries) &&
		isSame(log.slice(from, lastIndex + 1), entries) &&
		isSame(log.slice(middle, lastIndex), entries.slice(middle - from, lastIndex - from))
	);
}

const isSame = (some: readonly LogEntry[], others: readonly LogEntry[]): boolean =>
	some.length === others.length &&
	some.every((one, place) => {
		const other = others[place] as LogEntry;
		const {index, type, command} = one;
		const isSameHead = index === other.index && one.term === other.term && type === other.type;
		return isSameHead && Buffer.compare(command, other.command) === 0;
	});
