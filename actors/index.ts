/** The package's face. The parts that stand alone have entries of their own: see `exports` in package.json. */
export {Cluster} from './cluster/cluster.js';
export {ClusterStateError, ClusterUnavailableError, NodesFailedError, ThreadError} from './cluster/errors.js';
export {type Availability, type ClusterHealth, describeReason, type HealthReason} from './cluster/health.js';
export type {NodeDamage} from './cluster/node-damage.js';
export type {NodeStatus, SupervisorEvent} from './cluster/node-state.js';
export type {ClusterOptions} from './cluster/options.js';
export {OptionError} from './options/option-error.js';
export {RemoteError} from './codec/error-codec.js';
export {Clerk, type ClerkConnection, type ClerkOptions} from './clerk/clerk.js';
export {EtcdClerk, type EtcdClerkOptions, type EtcdMember} from './engines/etcd/etcd-clerk.js';
export {EngineUrlError} from './engines/etcd/engine-url.js';
export {
	BatchTooLargeError,
	EngineAccessError,
	EngineRefusedError,
	EngineReplacedError,
	EngineUnreachableError,
	UnsupportedOperationError,
} from './engines/etcd/errors.js';
export type {EngineTls} from './engines/etcd/security.js';
export {defaultEtcdLimits, type EtcdLimits} from './engines/etcd/limits.js';
export {InvalidOperationError, type Written} from './clerk/results.js';
export {type Data, KeyValueClient} from './key-value-client.js';
export type {KvClient} from './kv-client.js';
export {type RedisGateway, type RedisGatewayOptions, startRedisGateway} from './redis/gateway.js';
export {FaultError} from '../src/faults/fault-error.js';
export {FaultPlan} from '../src/faults/fault-plan.js';
export {
	ClerkClosedError,
	OperationError,
	OverloadedError,
	SessionExpiredError,
	TimeoutError,
	OutOfMemoryError,
	ValueTooLargeError,
} from '../src/kv/errors.js';
export type {DiskErrorCode, DiskFaultSettings, DiskOperationKind} from '../src/storage/faulty-disk.js';
export type {Operation, Result} from '../src/kv/types.js';
export type {NodeId} from '../src/raft/types.js';
export {defaultRaftLimits, type RaftLimits} from '../src/raft/options.js';
export {ThreadraftError} from '../src/base/errors.js';
export {DataDirectoryError, StorageCorruptError, StorageFailedError} from '../src/storage/errors.js';
export {type BackupReport} from './recovery/backup-file.js';
export {backupDirectory, type DirectoryBackup, type DirectoryBackupOptions} from './recovery/backup-directory.js';
export {BackupError, BackupFileError} from './recovery/errors.js';
export {restoreBackup, type RestoreOptions, type RestoreReport} from './recovery/restore.js';
