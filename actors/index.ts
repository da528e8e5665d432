/** The package's face. The parts that stand alone have entries of their own: see `exports` in package.json. */
export {Cluster, type MetricsOptions} from './cluster/cluster.js';
export type {EffectOptions} from './cluster/effect-listening.js';
export {chaos, chaosKinds, type ChaosOptions, type ChaosReport} from './chaos/chaos.js';
export type {FailedEvent, PlayedEvent, PlayReport} from './chaos/schedule-player.js';
export {ClusterStateError, ClusterUnavailableError, NodesFailedError, ThreadError} from './cluster/errors.js';
export {type Availability, type ClusterHealth, describeReason, type HealthReason} from './cluster/health.js';
export type {NodeDamage} from './cluster/node-damage.js';
export type {
	ClusterEvent,
	ClusterEventMap,
	FaultCleared,
	FaultsChanged,
	FaultSet,
	MemberEvent,
	NodeEvent,
} from './cluster/cluster-event.js';
export type {ElectionCause, LossReason, RaftEvent} from '../src/raft/events.js';
export type {TransferFailure} from '../src/raft/transfer-outcome.js';
export type {ServiceEvent} from '../src/service/events.js';
export type {ClientsDropped, DropCause} from './redis/dropped-clients.js';
export type {ClusterEmitter} from './cluster/cluster-emitter.js';
export type {InjectedFault, NamedFault} from './cluster/faults/named-fault.js';
export type {EventsDropped} from './cluster/event-queue.js';
export {type LeadershipTransfer, TransferError, type TransferOptions} from './cluster/leadership-transfer.js';
export type {LoggedEntry, LogOptions, NodeLog, SnapshotReport} from './cluster/node-log.js';
export type {Command as LoggedCommand, NumberedWrite} from '../src/service/types.js';
export type {NodeStatus} from './cluster/node-state.js';
export type {ClusterOptions} from './cluster/options.js';
export type {EffectListener, EffectPlace, MissedEffects} from './cluster/effect-stream.js';
export type {
	ClerkMetrics,
	ClusterMetrics,
	NetworkMetrics,
	NodeMetrics,
	ProcessMetrics,
	RaftMetrics,
	RedisPortMetrics,
	ServerMetrics,
} from './metrics/cluster-metrics.js';
export type {CommitLatency, CommitStage} from './metrics/commit-stages.js';
export {MetricsPortError, type MetricsPortCode} from './metrics/errors.js';
export type {DurationHistogram} from './metrics/histogram.js';
export {startMetricsPort, type MetricsPort, type MetricsPortOptions} from './metrics/metrics-port.js';
export type {ExportedMetrics} from './metrics/definition.js';
export type {PeerMetrics, RaftCounts} from './metrics/raft-meter.js';
export type {EventLoopDelay, ThreadMetrics} from './metrics/thread-meter.js';
export type {DiskMetrics} from './metrics/timed-disk.js';
export type {ThreadEntries} from './cluster/thread-entries.js';
export type {RouterCounters} from './network/router-counters.js';
export type {MessageSighting, SightingOptions, SightingType} from './network/message-tap.js';
export type {SettledCounters} from './network/settled-counters.js';
export {
	ClusterRecorder,
	type RecordedCluster,
	type RecorderOptions,
	type ToldOperations,
} from './observe/cluster-recorder.js';
export type {
	ClusterRecord,
	CommandEntry,
	EventEntry,
	MarkEntry,
	NodesEntry,
	PlainEvent,
	RecordedError,
	RecordedEvent,
	RecordedNode,
	RecordEntry,
	RecordHead,
	SampleEntry,
} from './observe/cluster-record.js';
export {parseRecord, RecordFormatError, recordLines} from './observe/record-lines.js';
export type {ReplicaStatus} from './replica/protocol.js';
export {OptionError, type OptionFacts} from './options/option-error.js';
export {RemoteError} from './codec/error-codec.js';
export {Clerk} from './clerk/clerk.js';
export type {ClerkConnection, ClerkOptions} from './clerk/clerk-host.js';
export {MachineClerk} from './clerk/machine-clerk.js';
export type {Plain} from '../src/base/plain.js';
export type {KvTypes} from '../src/kv/words.js';
export type {MachineTypes, Words} from '../src/service/machine.js';
export {MachineModuleError} from './replica/load-machine.js';
export {EtcdClerk, type EtcdClerkOptions, type EtcdMember} from './engines/etcd/etcd-clerk.js';
export {EngineUrlError} from './engines/etcd/engine-url.js';
export {
	BatchTooLargeError,
	EngineAccessError,
	EngineRefusedError,
	EngineReplacedError,
	EngineUnreachableError,
	type Unsupported,
	UnsupportedOperationError,
} from './engines/etcd/errors.js';
export type {EngineTls} from './engines/etcd/security.js';
export {defaultEtcdLimits, type EtcdLimits} from './engines/etcd/limits.js';
export {InvalidOperationError, type Written} from './clerk/results.js';
export type {Data} from './data.js';
export {KeyValueClient} from './key-value-client.js';
export {Lease, type LeaseState} from './lease.js';
export type {LeaseKeeper} from './lease-keeper.js';
export {LeaseLostError} from './lease-lost.js';
export type {
	KeyExpectation,
	StepResult,
	StepResults,
	StepResultTypes,
	Transaction,
	TransactionCondition,
	TransactionResult,
	TransactionStep,
} from './transaction.js';
export type {Executor, OperationOptions, OperationWaiter, PutExpiry, PutOptions} from './executor.js';
export type {RangeEntry, RangeOptions, RangePart} from './range.js';
export {CompactedError, type WatchedChange, type WatchedRevision, type WatchOptions} from './watch.js';
export {WaitAbortedError, type WaitOptions} from './abort.js';
export {GatewayAccessError, GatewayError} from './redis/errors.js';
export type {RedisGateway, RedisGatewayOptions} from './redis/gateway.js';
export {startRedisGateway} from './redis/start-gateway.js';
export {defaultRedisLimits, type RedisLimits} from './redis/limits.js';
export type {DataInfo, InfoFields} from './redis/client-state.js';
export type {RedisTls} from './redis/tls.js';
export {Random, type RandomState} from '../src/base/random.js';
export type {Distribution} from '../src/faults/distribution.js';
export {clientEndpoint, type Endpoint, type EndpointSet, type Links, nodeEndpoint} from '../src/faults/endpoint.js';
export {FaultError, FaultRefusedError} from '../src/faults/fault-error.js';
export {
	type Delivery,
	FaultPlan,
	type FaultPlanData,
	type FaultPlanOptions,
	type Party,
} from '../src/faults/fault-plan.js';
export type {FaultKind} from '../src/faults/fault-kinds.js';
export type {ClockFault, DiskAfterCrash, DiskFault, Fault, FaultEvent, ProcessFault} from '../src/faults/faults.js';
export type {Intensity, Schedule} from '../src/faults/nemesis.js';
export type {LabMode, MessageKind} from '../src/faults/lab-network.js';
export type {NetworkFault} from '../src/faults/network-fault.js';
export type {RaftStatus} from '../src/raft/raft-node.js';
export type {
	AppendEntries,
	AppendEntriesReply,
	InstallSnapshot,
	InstallSnapshotReply,
	RaftMessage,
	ReadIndexReply,
	ReadIndexRequest,
	RequestVote,
	RequestVoteReply,
	TimeoutNow,
	SnapshotMeta,
} from '../src/raft/types.js';
export type {ClerkLimits} from '../src/service/clerk/limits.js';
export type {BackoffLimits} from '../src/service/clerk/leader-search.js';
export {
	ClerkClosedError,
	type FailedOutcome,
	type LastReply,
	MalformedError,
	OperationAbortedError,
	OperationError,
	OverloadedError,
	SessionExpiredError,
	TimeoutError,
	TooManyWatchesError,
	OutOfMemoryError,
	ValueTooLargeError,
} from '../src/service/errors.js';
export type {ChangeEvent} from '../src/kv/changes/change-event.js';
export type {KvLimits} from '../src/kv/limits.js';
export type {SessionLimits} from '../src/service/sessions.js';
export {
	diskErrorCodes,
	type DiskErrorCode,
	type DiskDelay,
	type DiskFaultSettings,
	diskOperationKinds,
	type DiskOperationKind,
} from '../src/storage/faulty-disk.js';
export type {ReplayLimits} from '../src/storage/cluster-file.js';
export type {CutTail} from '../src/storage/recovery.js';
export type {CorruptionSite} from '../src/storage/storage.js';
export type {
	ByteString,
	AbsentSince,
	Attachment,
	Change,
	ChangesRead,
	Compare,
	DatabaseCount,
	DatabaseNumber,
	Deadline,
	Expected,
	Expiry,
	GetOperation,
	KeepChanges,
	Key,
	LeaseId,
	LeaseOperation,
	LeaseRead,
	Operation,
	Part,
	ReadOperation,
	Result,
	ScanPosition,
	Script,
	Edit,
	EditName,
	ScriptReply,
	Value,
	ValueCondition,
	Version,
	WriteOperation,
} from '../src/kv/types.js';
export type {Configuration, LogIndex, Milliseconds, NodeId, Role, Term} from '../src/raft/types.js';
export {defaultRaftLimits, type RaftLimits} from '../src/raft/options.js';
export {ThreadraftError} from '../src/base/errors.js';
export {
	type DataDirectoryCode,
	DataDirectoryError,
	StorageCorruptError,
	StorageFailedError,
} from '../src/storage/errors.js';
export {type BackupReport} from './recovery/backup-file.js';
export {backupDirectory, type DirectoryBackup, type DirectoryBackupOptions} from './recovery/backup-directory.js';
export {type BackupCode, BackupError, type BackupFileCode, BackupFileError} from './recovery/errors.js';
export type {MachineOption} from './recovery/machine.js';
export {restoreBackup, type RestoreOptions, type RestoreReport} from './recovery/restore.js';
