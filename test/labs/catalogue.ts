/** Every row of the lab's tables, titled as the lab titles it. */
import {completesAfterHeal, noProgressInMinority, oneKey, progressInMajority} from './kv/short-rows.js';
import {snapshotRpc, snapshotSize, speed} from './kv/short-rows.js';
import type {KvTester} from './kv/kv-tester.js';
import {initialElection, manyElections, reElection} from './raft/elections.js';
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

const raftRow =
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

const kvRow =
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

const election = raftRow('2A', {isLong: false, snapshots: false});
const log = raftRow('2B', {isLong: false, snapshots: false});
const short3A = kvRow('3A', {isLong: false, maxRaftState: undefined});
const short3B = kvRow('3B', {isLong: false, maxRaftState: 1000});

export const rows: readonly Row[] = [
	election('TestInitialElection', 'initial election', 3, initialElection),
	election('TestReElection', 'election after network failure', 3, reElection),
	election('TestManyElections', 'multiple elections', 7, manyElections),

	log('TestBasicAgree', 'basic agreement', 3, replication.basicAgreement),
	log('TestRPCBytes', 'RPC byte count', 3, replication.rpcBytes),
	log('TestFollowerFailure', 'progressive failure of followers', 3, replication.followerFailure),
	log('TestLeaderFailure', 'failure of leaders', 3, replication.leaderFailure),
	log('TestFailAgree', 'agreement after follower reconnects', 3, replication.followerReconnects),
	log('TestFailNoAgree', 'no agreement if too many followers disconnect', 5, replication.noAgreement),
	log('TestConcurrentStarts', 'concurrent Start()s', 3, replication.concurrentStarts),
	log('TestRejoin', 'rejoin of partitioned leader', 3, replication.rejoin),
	log('TestBackup', 'leader backs up quickly over incorrect follower logs', 5, replication.backup),
	log('TestCount', "RPC counts aren't too high", 3, replication.rpcCounts),

	short3A('TestSpeed', 'ops complete fast enough', 3, speed),
	short3A('TestUnreliableOneKey', 'concurrent append to same key, unreliable', 3, oneKey),
	short3A('TestOnePartition', 'progress in majority', 5, progressInMajority),
	short3A('TestOnePartition', 'no progress in minority', 5, noProgressInMinority),
	short3A('TestOnePartition', 'completion after heal', 5, completesAfterHeal),

	short3B('TestSnapshotRPC', 'InstallSnapshot RPC', 3, snapshotRpc),
	short3B('TestSnapshotSize', 'snapshot size is reasonable', 3, snapshotSize),
	short3B('TestSpeed', 'ops complete fast enough', 3, speed),
];
