/** The metrics under the names that Prometheus gives them. Times are in seconds there, as its conventions want them. */
import type {RaftMetrics} from './cluster-metrics.js';
import {
	eachOfRaft,
	type MetricDefinition,
	ofNode,
	ofRaft,
	ofRedis,
	ofServer,
	ofThread,
	threadsOf,
	whole,
} from './definition.js';

const isLeader = ({status}: RaftMetrics): boolean => status.role === 'leader';

const raft: readonly MetricDefinition[] = [
	ofNode('threadraft_up', 'gauge', 'Whether the threads of the node answered in time', ({isUp}) => Number(isUp)),
	ofNode('threadraft_node_starts_total', 'counter', 'Lives of the node that have begun', ({starts}) => starts),
	ofRaft('threadraft_server_is_leader', 'gauge', 'Whether the node leads', of => Number(isLeader(of))),
	ofRaft('threadraft_server_has_leader', 'gauge', 'Whether the node knows of a leader', ({status}) =>
		Number(status.leaderId !== undefined),
	),
	ofRaft(
		'threadraft_server_leader_changes_seen_total',
		'counter',
		'How often the node came to know of another leader, or of one of another term',
		({leaderChanges}) => leaderChanges,
	),
	ofRaft('threadraft_raft_term', 'gauge', 'The current term of the node', ({status}) => status.currentTerm),
	eachOfRaft('threadraft_raft_elections_total', 'counter', 'Attempts of the node to be elected', [
		'cause',
		({elections}) => elections,
	]),
	eachOfRaft('threadraft_raft_leadership_losses_total', 'counter', 'How often the node has lost the leadership', [
		'reason',
		({leadershipLosses}) => leadershipLosses,
	]),
	ofRaft(
		'threadraft_raft_commit_stalls_total',
		'counter',
		'How often the node led and committed nothing for an election timeout although entries waited',
		({commitStalls}) => commitStalls,
	),
	ofRaft('threadraft_raft_log_bytes', 'gauge', 'Entries of the log after its snapshot', ({status}) => status.logBytes),
	ofRaft(
		'threadraft_raft_messages_refused_total',
		'counter',
		'Messages that were malformed and dropped',
		({status}) => status.refusedMessages,
	),
	ofRaft(
		'threadraft_server_proposals_committed_total',
		'counter',
		'The commit index of the node',
		({status}) => status.commitIndex,
	),
	ofRaft(
		'threadraft_server_proposals_applied_total',
		'counter',
		'The last applied index',
		({lastApplied}) => lastApplied,
	),
	ofRaft(
		'threadraft_server_proposals_pending',
		'gauge',
		'Entries of the leader that are not committed; 0 for the others',
		of => (isLeader(of) ? of.status.lastIndex - of.status.commitIndex : 0),
	),
	ofRaft(
		'threadraft_server_proposals_failed_total',
		'counter',
		'Proposals that the node did not take',
		({proposalsRefused}) => proposalsRefused,
	),
	ofRaft(
		'threadraft_server_apply_backlog_entries',
		'gauge',
		'Entries that are committed and not applied',
		({status, lastApplied}) => status.commitIndex - lastApplied,
	),
	eachOfRaft(
		'threadraft_commit_stage_duration_seconds',
		'histogram',
		'How long sampled writes of the leader stayed in each stage',
		['stage', ({commitLatency}) => commitLatency],
	),
];

const disk: readonly MetricDefinition[] = [
	ofRaft(
		'threadraft_disk_wal_fsync_duration_seconds',
		'histogram',
		'How long the syncs of the write-ahead log took',
		({disk: {logSync}}) => logSync,
	),
	ofRaft(
		'threadraft_snap_fsync_duration_seconds',
		'histogram',
		'How long the syncs of snapshots took',
		({disk: {snapshotSync}}) => snapshotSync,
	),
	ofRaft(
		'threadraft_disk_written_bytes_total',
		'counter',
		'Bytes that were handed to the file system, preallocated zeros included',
		({disk: {writtenBytes}}) => writtenBytes,
	),
	ofRaft('threadraft_disk_failures_total', 'counter', 'Writes and syncs that failed', ({disk: {failures}}) => failures),
	ofRaft(
		'threadraft_disk_stalls_total',
		'counter',
		'How often a write had not finished for diskStallMs',
		({diskStalls}) => diskStalls,
	),
	eachOfRaft(
		'threadraft_snapshot_duration_seconds',
		'histogram',
		'How long snapshots took, by what was done with them',
		[
			'kind',
			({snapshotsTaken: taken, snapshotsSent: sent, snapshotsInstalled: installed}) => ({taken, sent, installed}),
		],
	),
	ofRaft('threadraft_snapshot_bytes', 'gauge', 'The current snapshot', ({snapshotBytes}) => snapshotBytes),
];

const server: readonly MetricDefinition[] = [
	ofServer(
		'threadraft_server_requests_pending',
		'gauge',
		'Requests that wait for their answer',
		({requestsPending}) => requestsPending,
	),
	ofServer(
		'threadraft_server_request_bytes_pending',
		'gauge',
		'Bytes of the requests that wait',
		({requestBytesPending}) => requestBytesPending,
	),
	ofServer('threadraft_store_items', 'gauge', 'Items of the state machine, such as keys', ({items}) => items),
	ofServer(
		'threadraft_store_items_expiring',
		'gauge',
		'Those that go by themselves at a deadline',
		({itemsExpiring}) => itemsExpiring,
	),
	ofServer(
		'threadraft_store_bytes',
		'gauge',
		'Memory that the state takes, as maxMemoryBytes counts it',
		({stateBytes}) => stateBytes,
	),
	ofServer('threadraft_sessions', 'gauge', 'Open sessions of clients', ({sessions}) => sessions),
	{
		name: 'threadraft_sessions_forgotten_total',
		type: 'counter',
		help: 'Sessions that ended without their clients, by the reason',
		labels: ['node', 'reason'],
		samples: ({nodes}) =>
			nodes.flatMap(({id, server: of}) =>
				of === undefined
					? []
					: [
							{labels: {node: id, reason: 'expired'}, value: of.sessionsExpired},
							{labels: {node: id, reason: 'evicted'}, value: of.sessionsEvicted},
						],
			),
	},
];

const network: readonly MetricDefinition[] = [
	eachOfRaft(
		'threadraft_network_peer_sent_bytes_total',
		'counter',
		'Bytes that the node has sent to each other node, about',
		['to', ({peers}) => Object.fromEntries(peers.map(({to, bytes}) => [to, bytes]))],
	),
	eachOfRaft(
		'threadraft_network_peer_sent_messages_total',
		'counter',
		'Messages that the node has sent to each other node',
		['to', ({peers}) => Object.fromEntries(peers.map(({to, messages}) => [to, messages]))],
	),
	whole('threadraft_router_messages_total', 'counter', 'Messages that entered the router', of => of.network.messages),
	whole(
		'threadraft_router_bytes_total',
		'counter',
		'Entries, snapshots and commands in these messages',
		of => of.network.bytes,
	),
	whole(
		'threadraft_router_client_requests_total',
		'counter',
		'Requests of clients among these messages',
		of => of.network.clientRequests,
	),
	whole('threadraft_router_lost_total', 'counter', 'Messages that the fault plan has lost', of => of.network.lost),
	whole(
		'threadraft_router_undeliverable_total',
		'counter',
		'Messages to a node that was not there',
		of => of.network.undeliverable,
	),
	whole(
		'threadraft_router_delayed_messages',
		'gauge',
		'Messages that the fault plan holds back',
		of => of.network.delayed,
	),
	whole(
		'threadraft_router_delayed_bytes',
		'gauge',
		'Bytes of the messages that the fault plan holds back',
		of => of.network.delayedBytes,
	),
	whole('threadraft_clerks', 'gauge', 'Clerks on the thread of the cluster', of => of.clerks.clerks),
	whole(
		'threadraft_clerk_operations_pending',
		'gauge',
		'Operations of these clerks that are not settled',
		of => of.clerks.operationsPending,
	),
	{
		name: 'threadraft_clerk_operations_total',
		type: 'counter',
		help: 'Operations of these clerks by how they ended',
		labels: ['outcome'],
		samples: ({clerks: {answered, failed}}) => [
			{labels: {outcome: 'answered'}, value: answered},
			{labels: {outcome: 'failed'}, value: failed},
		],
	},
];

const redis: readonly MetricDefinition[] = [
	ofRedis('threadraft_redis_connections', 'gauge', 'Open connections of the Redis port', of => of.connections),
	ofRedis(
		'threadraft_redis_connections_received_total',
		'counter',
		'Connections that the Redis port has accepted or rejected',
		of => of.connectionsReceived,
	),
	ofRedis(
		'threadraft_redis_connections_rejected_total',
		'counter',
		'Connections that were rejected because there were too many',
		of => of.connectionsRejected,
	),
	ofRedis('threadraft_redis_commands_total', 'counter', 'Commands that the Redis port has taken in', of => of.commands),
	ofRedis('threadraft_redis_errors_total', 'counter', 'Replies of the Redis port that were errors', of => of.errors),
	ofRedis(
		'threadraft_redis_clients_memory_bytes',
		'gauge',
		'Requests and replies that the connections hold',
		of => of.memoryBytes,
	),
	{
		name: 'threadraft_redis_clients_dropped_total',
		type: 'counter',
		help: 'Connections that were ended because of what they held in memory, by the cause',
		labels: ['cause'],
		samples: ({redis: of}) => Object.entries(of?.dropped ?? {}).map(([cause, value]) => ({labels: {cause}, value})),
	},
];

const threads: readonly MetricDefinition[] = [
	ofThread(
		'threadraft_thread_heap_used_bytes',
		'gauge',
		'JavaScript objects of the thread',
		({heapUsedBytes}) => heapUsedBytes,
	),
	ofThread(
		'threadraft_thread_heap_total_bytes',
		'gauge',
		'The heap of the thread',
		({heapTotalBytes}) => heapTotalBytes,
	),
	ofThread(
		'threadraft_thread_external_bytes',
		'gauge',
		'Buffers that objects of the thread hold outside of its heap',
		({externalBytes}) => externalBytes,
	),
	ofThread(
		'threadraft_thread_event_loop_active_seconds_total',
		'counter',
		'Time in which the event loop of the thread ran code',
		({loopActiveMs}) => loopActiveMs / 1000,
	),
	ofThread(
		'threadraft_thread_event_loop_idle_seconds_total',
		'counter',
		'Time in which the event loop of the thread waited',
		({loopIdleMs}) => loopIdleMs / 1000,
	),
	{
		name: 'threadraft_thread_event_loop_delay_seconds',
		type: 'gauge',
		help: 'How late turns of the event loop came since the last collection',
		labels: ['thread', 'statistic'],
		samples: metrics =>
			threadsOf(metrics).flatMap(({thread, loopDelay}) =>
				loopDelay === undefined
					? []
					: [
							{labels: {thread, statistic: 'p50'}, value: loopDelay.p50Ms / 1000},
							{labels: {thread, statistic: 'p99'}, value: loopDelay.p99Ms / 1000},
							{labels: {thread, statistic: 'max'}, value: loopDelay.maxMs / 1000},
						],
			),
	},
	whole('process_cpu_seconds_total', 'counter', 'Time of all threads on processors', of => of.process.cpuMs / 1000),
	whole('process_resident_memory_bytes', 'gauge', 'Memory of the process', of => of.process.residentBytes),
	whole(
		'process_start_time_seconds',
		'gauge',
		'When the process has started, since 1970',
		of => of.process.startedMs / 1000,
	),
];

/** Every metric of the port, each once. */
export const metricDefinitions: readonly MetricDefinition[] = [
	...raft,
	...disk,
	...server,
	...network,
	...redis,
	...threads,
];
