/** Planted in the write-ahead log. */
import {plant, type Mutant} from './mutant.js';

const log = 'storage/write-ahead-log';

export const storageMutants: readonly Mutant[] = [
	plant(
		'no-fsync',
		'the log is written and never synced',
		'nats-io/nats-server#7564 (jepsen.io/analyses/nats-2.12.1), robustmq#2039',
		'storage/log-writer',
		'if (error === undefined) file.sync(done); else done(error); }); }',
		'done(error); }); }',
	),
	{
		id: 'fsync-error-then-success',
		title: 'after a failed sync the log goes on, and the next sync says "success"',
		source: 'cockroachdb/cockroach#37102, rostamlabs/rostam#94 (fsyncgate)',
		patches: [
			{
				file: log,
				find: "if (error !== undefined) this.#fail('a write or sync', segmentName(this.#writer?.sequence ?? 0), error);",
				replace: '',
			},
		],
	},
	plant(
		'directory-not-synced',
		'the name of a new segment is not made durable',
		'etcd-io/etcd wal; ALICE (Pillai et al. 2014)',
		'storage/log-writer',
		'if (error === undefined) this.#disk.syncDirectory(done); else done(error);',
		'done(error);',
	),
	plant(
		'snapshot-not-synced',
		'a snapshot file gets its name before its bytes are durable',
		'lni/dragonboat#409, baidu/braft#462',
		'storage/snapshot-file',
		'if (error === undefined) this.#file.sync(done); else done(error);',
		'done(error);',
	),
	plant(
		'segment-removed-too-early',
		'a segment goes while one of its entries is still needed',
		'nats-io/nats-server#6073 (one entry too many), RedisLabs/redisraft#42',
		'storage/segments',
		'({ lastIndex }) => lastIndex > snapshotIndex',
		'({ lastIndex }) => lastIndex > snapshotIndex + 1',
	),
	plant(
		'term-lost-with-old-segments',
		'a new segment begins without term and vote, and the old ones go',
		'specula on sofa-jraft (finding 4), camunda/camunda#19290 (term back at 0)',
		log,
		'writer.begin({ hardState, snapshot, truncateFrom: undefined, checkpoint: nextIndex, entries: [] }, noteMark);',
		'writer.begin({ hardState: emptyTail.hardState, snapshot, truncateFrom: undefined, checkpoint: nextIndex, entries: [] }, noteMark);',
	),
	{
		id: 'damage-taken-for-torn-tail',
		title: 'damage in the middle of the log is cut off like a torn tail',
		source: 'Alagappan et al., FAST 2018 (LogCabin, ZooKeeper)',
		patches: [
			{
				file: 'storage/read-log',
				find: 'if (!isClean && !(isLast && isTornFrame(bytes, offset, sequence, chain))) {',
				replace: 'if (!isClean && !isLast) {',
			},
			{file: 'storage/read-log', find: 'if (later !== undefined) {', replace: 'if (later === -1) {'},
		],
	},
	plant(
		'checksum-not-checked',
		'the checksum of what is read back is not looked at',
		'Ganesan et al., FAST 2017 ("Redundancy does not imply fault tolerance")',
		'storage/segment-format',
		'if (crc32(payload) !== header.payloadCrc) return undefined;',
		'',
	),
	plant(
		'torn-tail-is-fatal',
		'a flush that a power cut tore is taken for damage',
		'camunda/camunda#10183 (a false alarm after a crash)',
		'storage/read-log',
		'if (!isClean && !(isLast && isTornFrame(bytes, offset, sequence, chain))) {',
		'if (!isClean) {',
	),
	plant(
		'group-commit-acks-all',
		'the end of a flush acknowledges also what came after it began',
		'RedisLabs/redisraft#119; openraft#1964',
		log,
		'for (const { done } of batches) done(this.#failure); this.#remove(superseded);',
		'for (const { done } of batches) done(this.#failure); for (const { done } of this.#queue) done(); this.#remove(superseded);',
	),
	plant(
		'hard-state-lost-in-flush',
		'of batches that share a flush only the first keeps its term and vote',
		'hashicorp/raft#661, etcd-io/etcd#14370',
		log,
		'const records = batches.map(({ record }) => record);',
		'const first = batches.find(({ record }) => record.hardState !== undefined)?.record.hardState; const records = batches.map(({ record }) => record.hardState === undefined ? record : { ...record, hardState: first });',
	),
	{
		id: 'old-snapshot-removed-first',
		title: 'the snapshot before is removed before the new one is named durably',
		source: 'rqlite#2759, camunda/camunda#10202',
		patches: [
			{
				file: log,
				find: 'const tail = tailAfter(this.#tail, batch);',
				replace:
					'const tail = tailAfter(this.#tail, batch); if (batch.snapshot !== undefined && this.#current !== undefined && this.#disk.list().includes(snapshotName(this.#current.serial))) this.#disk.remove(snapshotName(this.#current.serial));',
			},
			{
				file: log,
				find: 'if (this.#current !== undefined) superseded.push(snapshotName(this.#current.serial));',
				replace: '',
			},
		],
	},
	plant(
		'unsynced-flush-trusted',
		'the last flush is believed after a restart, though its sync may have failed',
		'Rebello et al., USENIX ATC 2020 ("Can Applications Recover from fsync Failures?")',
		'storage/recovery',
		"guard('a write', name, () => file.writeNow(flushOffset, flush));",
		'',
	),
	plant(
		'segment-used-before-its-mark',
		'flushes go to a new segment before the node knows durably that it is in use',
		'a blank newest segment that passed for one that was never used',
		log,
		'if (error === undefined) replaceFile(this.#disk, nodeFileName, this.#nodeFile(writer, false), done); else done(error);',
		'done(error);',
	),
];
