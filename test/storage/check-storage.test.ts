/** The suite that says whether a storage keeps its contract: on storages that do, and on some with a bug planted in them. */
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import test from 'ava';
import {checkStorage, type Done, MemoryStorage, NodeDisk, WriteAheadLog} from '../../actors/storage/index.js';
import {ToyStorage, toyPlace} from './toy-storage.js';

const none = {findings: [], notTried: []};

test('a storage that keeps the contract passes, and all of it is tried', async t => {
	t.deepEqual(await checkStorage(() => toyPlace(ToyStorage)), none);
});

test('the log on a disk passes what is tried, and the rest is named', async t => {
	const {findings, notTried} = await checkStorage(() => {
		const directory = mkdtempSync(path.join(tmpdir(), 'threadraft-check-'));
		const options = {directory, sync: false, now: () => performance.now(), owner: 'test'};
		return {
			open: () => new WriteAheadLog({disk: new NodeDisk(options)}),
			remove: () => rmSync(directory, {recursive: true, force: true}),
		};
	});
	t.deepEqual(findings, []);
	t.deepEqual(
		notTried.map(title => /crash|failed write/.exec(title)?.[0]),
		['crash', 'crash', 'crash', 'failed write', 'failed write'],
	);
});

test('a storage that never answers is found, and does not hold the suite', async t => {
	class Silent extends MemoryStorage {
		override write(): void {}
	}
	const {findings} = await checkStorage(() => ({open: () => new Silent()}), {timeoutMs: 5});
	t.true(
		findings.includes('hard state and entries are found again: write is not answered within 5 ms'),
		findings.join('\n'),
	);
});

type Queued = Parameters<ToyStorage['tell']>[0];
type Bug = readonly [title: string, kind: typeof ToyStorage, finding: RegExp];

const bugs: readonly Bug[] = [
	[
		'it forgets whom it voted for',
		class extends ToyStorage {
			override load(): ReturnType<ToyStorage['load']> {
				const state = super.load();
				return {...state, hardState: {...state.hardState, votedFor: undefined}};
			}
		},
		/^a vote for node 0 .*: the vote: found undefined where 0 is right/,
	],
	[
		'it does not cut a suffix',
		class extends ToyStorage {
			override after(...[state, batch]: Parameters<ToyStorage['after']>): ReturnType<ToyStorage['after']> {
				return super.after(state, {...batch, truncateFrom: undefined});
			}
		},
		/^truncating and appending in one batch replaces a suffix/,
	],
	[
		'it cuts one entry too few',
		class extends ToyStorage {
			override after(...[state, batch]: Parameters<ToyStorage['after']>): ReturnType<ToyStorage['after']> {
				const {truncateFrom, entries} = batch;
				const cut = truncateFrom === undefined || entries.length > 0 ? truncateFrom : truncateFrom + 1;
				return super.after(state, {...batch, truncateFrom: cut});
			}
		},
		/^truncating alone removes the suffix/,
	],
	[
		'it answers in the wrong order',
		class extends ToyStorage {
			override tell(flushed: Queued): void {
				super.tell(flushed.toReversed());
			}
		},
		/^completions come in the order of the calls, each once: the order/,
	],
	[
		'it answers twice',
		class extends ToyStorage {
			override tell(flushed: Queued): void {
				super.tell(flushed);
				super.tell(flushed.slice(0, 1));
			}
		},
		/write is answered 2 times$/,
	],
	[
		'it acknowledges before anything is durable',
		class extends ToyStorage {
			override write(...[batch, done]: Parameters<ToyStorage['write']>): void {
				super.write(batch, () => undefined);
				done();
			}
		},
		/^what was acknowledged survives a crash.* batches were acknowledged, and after the crash there is/,
	],
	[
		'a crash loses the last entry',
		class extends ToyStorage {
			override crash(): void {
				super.crash();
				const {entries} = this.disk.state;
				this.disk.state = {...this.disk.state, entries: entries.slice(0, -1)};
			}
		},
		/^what was acknowledged survives a crash.* after the crash there is a state that never was/,
	],
	[
		'it goes on after a failed write',
		class extends ToyStorage {
			override tell(flushed: Queued): void {
				super.tell(flushed);
				this.failure = undefined;
			}
		},
		/^after a failed write nothing is acknowledged.*: the answer to a write after a failed one: found undefined/,
	],
	[
		'a failed write loses what was acknowledged',
		class extends ToyStorage {
			override fail(cause: unknown): void {
				super.fail(cause);
				this.disk.state = {...this.disk.state, entries: []};
			}
		},
		/^after a failed write nothing is acknowledged.*: entries after a reopen/,
	],
	[
		'a snapshot is current before a batch names it',
		class extends ToyStorage {
			override openSnapshot(): ReturnType<ToyStorage['openSnapshot']> {
				return this.finished === undefined ? super.openSnapshot() : this.reader(this.finished);
			}
		},
		/^a snapshot is current only once a batch names it.*: the current snapshot before a batch names one/,
	],
	[
		'an aborted snapshot leaves its bytes behind',
		class extends ToyStorage {
			override begin(): void {}

			override createSnapshot(
				meta: Parameters<ToyStorage['createSnapshot']>[0],
			): ReturnType<ToyStorage['createSnapshot']> {
				return {...super.createSnapshot(meta), abort: () => undefined};
			}
		},
		/^an aborted snapshot settles, and leaves room for the next: its bytes: found "halfwhole"/,
	],
	[
		'a snapshot is always read from its first byte',
		class extends ToyStorage {
			override reader(stored: Parameters<ToyStorage['reader']>[0]): ReturnType<ToyStorage['reader']> {
				return {...super.reader(stored), read: (_, length) => stored.bytes.slice(0, length)};
			}
		},
		/^a snapshot of many blocks is read in pieces, at any offset: bytes from/,
	],
	[
		'a reader follows to the newest snapshot',
		class extends ToyStorage {
			override reader(stored: Parameters<ToyStorage['reader']>[0]): ReturnType<ToyStorage['reader']> {
				const read = (offset: number, length: number): Uint8Array =>
					(this.disk.current ?? stored).bytes.slice(offset, offset + length);
				return {...super.reader(stored), read};
			}
		},
		/^a reader keeps its snapshot when a newer one takes over: the reader of the old one: found "new"/,
	],
	[
		'it takes a gap',
		class extends ToyStorage {
			override check(): void {}
		},
		/^a batch with a gap before the first entry is refused.*: it is taken$/,
	],
	[
		'close does not wait for what was written',
		class extends ToyStorage {
			override close(done: Done): void {
				super.close(() => undefined);
				done();
			}
		},
		/^close waits for what was written/,
	],
	[
		'close never answers',
		class extends ToyStorage {
			override settle(): void {}
		},
		/: close is not answered within \d+ ms$/,
	],
];

for (const [title, kind, finding] of bugs) {
	test(`found: ${title}`, async t => {
		const {findings} = await checkStorage(() => toyPlace(kind), {
			timeoutMs: title === 'close never answers' ? 20 : 5000,
		});
		t.true(
			findings.some(found => finding.test(found)),
			findings.join('\n'),
		);
	});
}
