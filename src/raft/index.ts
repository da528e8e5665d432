/** The consensus core by itself: `threadraft/raft`. */
export {RaftNode, type RaftStatus} from './raft-node.js';
export {RaftDriver, type DriverOptions} from './driver.js';
export type {Done, DriverStorage, SnapshotReader, SnapshotWriter} from './driver-storage.js';
export type {Effect, Input} from './effects.js';
export type {ElectionCause, LossReason, RaftEvent} from './events.js';
export {defaultRaftLimits, type RaftLimits, type RaftOptions} from './options.js';
export {InvariantError, ThreadraftError} from '../base/errors.js';
export {packEntries, unpackEntries} from './codec.js';
export type {TransferFailure, TransferOutcome, TransferRefusal} from './transfer-outcome.js';
export * from './types.js';
