/** Every row of the lab's tables, titled as the lab titles it. */
import {generic, type GenericOptions} from './kv/generic.js';
import type {KvTester} from './kv/kv-tester.js';
import * as short from './kv/short-rows.js';
import * as compaction from './raft/compaction.js';
import * as elections from './raft/elections.js';
import * as persistence from './raft/persistence.js';
import type {RaftTester} from './raft/raft-tester.js';
import * as replication from './raft/replication.js';

export type Part = '2A' | '2B' | '2C' | '2D' | '3A' | '3B';

interface RowTraits {
	/** The lab's name of the test. */
	readonly id: string;
	readonly title: string;
	readonly part: Part;
	readonly servers: number;
	/** Too long for every run of `npm test`. */
	readonly isLong: boolean;
}

export interface RaftRow extends RowTraits {
	readonly type: 'raft';
	readonly snapshots: boolean;
	readonly run: (raft: RaftTester) => Promise<void>;
}

export interface KvRow extends RowTraits {
	readonly type: 'kv';
	readonly maxRaftState: number | undefined;
	readonly run: (kv: KvTester) => Promise<void>;
}

export type Row = RaftRow | KvRow;

type Run<Tester> = (tester: Tester) => Promise<void>;

const raftRows =
	(part: Part, traits: {readonly isLong: boolean; readonly snapshots: boolean}) =>
	(id: string, title: string, servers: number, run: Run<RaftTester>): RaftRow => ({
		type: 'raft',
		id: `${id}${part}`,
		title,
		part,
		servers,
		run,
		...traits,
	});

const kvRows =
	(part: Part, traits: {readonly isLong: boolean; readonly maxRaftState: number | undefined}) =>
	(id: string, title: string, servers: number, run: Run<KvTester>): KvRow => ({
		type: 'kv',
		id: `${id}${part}`,
		title,
		part,
		servers,
		run,
		...traits,
	});

/** The lab makes the titles of its generic test from what happens in it. */
const genericRows =
	(part: Part, maxRaftState: number | undefined) =>
	(id: string, servers: number, options: GenericOptions): KvRow => {
		const words = [
			options.unreliable === true && 'unreliable net',
			options.restarts === true && 'restarts',
			options.partitions === true && 'partitions',
			maxRaftState !== undefined && 'snapshots',
			options.randomKeys === true && 'random keys',
			options.clients > 1 ? 'many clients' : 'one client',
		];
		const title = words.filter(word => word !== false).join(', ');
		return kvRows(part, {isLong: true, maxRaftState})(id, title, servers, generic(options));
	};

const maxRaftState = 1000;

const part2A = raftRows('2A', {isLong: false, snapshots: false});
const part2B = raftRows('2B', {isLong: false, snapshots: false});
const part2C = raftRows('2C', {isLong: true, snapshots: false});
const part2D = raftRows('2D', {isLong: true, snapshots: true});
const short3A = kvRows('3A', {isLong: false, maxRaftState: undefined});
const short3B = kvRows('3B', {isLong: false, maxRaftState});
const generic3A = genericRows('3A', undefined);
const generic3B = genericRows('3B', maxRaftState);

const unreliable = true;
const restarts = true;
const partitions = true;
const randomKeys = true;

export const rows: readonly Row[] = [
	part2A('TestInitialElection', 'initial election', 3, elections.initialElection),
	part2A('TestReElection', 'election after network failure', 3, elections.reElection),
	part2A('TestManyElections', 'multiple elections', 7, elections.manyElections),

	part2B('TestBasicAgree', 'basic agreement', 3, replication.basicAgreement),
	part2B('TestRPCBytes', 'RPC byte count', 3, replication.rpcBytes),
	part2B('TestFollowerFailure', 'progressive failure of followers', 3, replication.followerFailure),
	part2B('TestLeaderFailure', 'failure of leaders', 3, replication.leaderFailure),
	part2B('TestFailAgree', 'agreement after follower reconnects', 3, replication.followerReconnects),
	part2B('TestFailNoAgree', 'no agreement if too many followers disconnect', 5, replication.noAgreement),
	part2B('TestConcurrentStarts', 'concurrent Start()s', 3, replication.concurrentStarts),
	part2B('TestRejoin', 'rejoin of partitioned leader', 3, replication.rejoin),
	part2B('TestBackup', 'leader backs up quickly over incorrect follower logs', 5, replication.backup),
	part2B('TestCount', "RPC counts aren't too high", 3, replication.rpcCounts),

	part2C('TestPersist1', 'basic persistence', 3, persistence.basicPersistence),
	part2C('TestPersist2', 'more persistence', 5, persistence.morePersistence),
	part2C('TestPersist3', 'partitioned leader and one follower crash, leader restarts', 3, persistence.leaderRestarts),
	part2C('TestFigure8', 'Figure 8', 5, persistence.figure8),
	part2C('TestUnreliableAgree', 'unreliable agreement', 5, persistence.unreliableAgreement),
	part2C('TestFigure8Unreliable', 'Figure 8 (unreliable)', 5, persistence.figure8Unreliable),
	part2C('TestReliableChurn', 'churn', 5, persistence.reliableChurn),
	part2C('TestUnreliableChurn', 'unreliable churn', 5, persistence.unreliableChurn),

	part2D('TestSnapshotBasic', 'snapshots basic', 3, compaction.snapshotsBasic),
	part2D('TestSnapshotInstall', 'install snapshots (disconnect)', 3, compaction.installAfterDisconnect),
	part2D(
		'TestSnapshotInstallUnreliable',
		'install snapshots (disconnect+unreliable)',
		3,
		compaction.installAfterDisconnectUnreliable,
	),
	part2D('TestSnapshotInstallCrash', 'install snapshots (crash)', 3, compaction.installAfterCrash),
	part2D(
		'TestSnapshotInstallUnCrash',
		'install snapshots (unreliable+crash)',
		3,
		compaction.installAfterCrashUnreliable,
	),
	part2D('TestSnapshotAllCrash', 'crash and restart all servers', 3, compaction.crashAll),
	part2D('TestSnapshotInit', 'snapshot initialization after crash', 3, compaction.initializesFromSnapshot),

	generic3A('TestBasic', 5, {clients: 1}),
	short3A('TestSpeed', 'ops complete fast enough', 3, short.speed),
	generic3A('TestConcurrent', 5, {clients: 5}),
	generic3A('TestUnreliable', 5, {clients: 5, unreliable}),
	short3A('TestUnreliableOneKey', 'concurrent append to same key, unreliable', 3, short.oneKey),
	short3A('TestOnePartition', 'progress in majority', 5, short.progressInMajority),
	short3A('TestOnePartition', 'no progress in minority', 5, short.noProgressInMinority),
	short3A('TestOnePartition', 'completion after heal', 5, short.completesAfterHeal),
	generic3A('TestManyPartitionsOneClient', 5, {clients: 1, partitions}),
	generic3A('TestManyPartitionsManyClients', 5, {clients: 5, partitions}),
	generic3A('TestPersistOneClient', 5, {clients: 1, restarts}),
	generic3A('TestPersistConcurrent', 5, {clients: 5, restarts}),
	generic3A('TestPersistConcurrentUnreliable', 5, {clients: 5, unreliable, restarts}),
	generic3A('TestPersistPartition', 5, {clients: 5, restarts, partitions}),
	generic3A('TestPersistPartitionUnreliable', 5, {clients: 5, unreliable, restarts, partitions}),
	generic3A('TestPersistPartitionUnreliableLinearizable', 7, {
		clients: 15,
		unreliable,
		restarts,
		partitions,
		randomKeys,
	}),

	short3B('TestSnapshotRPC', 'InstallSnapshot RPC', 3, short.snapshotRpc),
	short3B('TestSnapshotSize', 'snapshot size is reasonable', 3, short.snapshotSize),
	short3B('TestSpeed', 'ops complete fast enough', 3, short.speed),
	generic3B('TestSnapshotRecover', 5, {clients: 1, restarts}),
	generic3B('TestSnapshotRecoverManyClients', 5, {clients: 20, restarts}),
	generic3B('TestSnapshotUnreliable', 5, {clients: 5, unreliable}),
	generic3B('TestSnapshotUnreliableRecover', 5, {clients: 5, unreliable, restarts}),
	generic3B('TestSnapshotUnreliableRecoverConcurrentPartition', 5, {clients: 5, unreliable, restarts, partitions}),
	generic3B('TestSnapshotUnreliableRecoverConcurrentPartitionLinearizable', 7, {
		clients: 15,
		unreliable,
		restarts,
		partitions,
		randomKeys,
	}),
];
