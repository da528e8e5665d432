/** The simulator by itself: `threadraft/simulation`. */
export {shrink, simulate, type SimulationOptions} from './simulate.js';
export {ThreadraftError} from '../../src/base/errors.js';
export type {Codec} from '../../src/base/codec.js';
export type {Distribution} from '../../src/faults/distribution.js';
export type {Endpoint, EndpointSet, Links} from '../../src/faults/endpoint.js';
export type {FaultKind} from '../../src/faults/fault-kinds.js';
export type {ClockFault, DiskAfterCrash, DiskFault, Fault, FaultEvent, ProcessFault} from '../../src/faults/faults.js';
export type {Intensity, Schedule} from '../../src/faults/nemesis.js';
export type {NetworkFault} from '../../src/faults/network-fault.js';
export type {KvLimits} from '../../src/kv/limits.js';
export type {RaftLimits} from '../../src/raft/options.js';
export type {LogIndex, Milliseconds, Term} from '../../src/raft/types.js';
export type {AdmissionLimits} from '../../src/service/server/admission.js';
export type {
	FrozenMachine,
	Machine,
	MachineReader,
	MachineTypes,
	Place,
	StateMachine,
	TimedState,
	AwaitedState,
	Words,
} from '../../src/service/machine.js';
export type {Plain} from '../../src/base/plain.js';
export type {Random, RandomState} from '../../src/base/random.js';
export type {DrawnOperation, DrawOperation, StateInvariant} from '../../src/simulation/machine/machine-settings.js';
export type {SliceLimits} from '../../src/service/server/applier.js';
export type {ClerkLimits} from '../../src/service/clerk/limits.js';
export type {BackoffLimits} from '../../src/service/clerk/leader-search.js';
export type {OpenLimits} from '../../src/service/server/open-requests.js';
export type {ServerLimits} from '../../src/service/server/limits.js';
export type {SessionLimits} from '../../src/service/sessions.js';
export type {Verdict} from '../../src/linearizability/key-result.js';
export type {Echo, Latency} from '../../src/simulation/network.js';
export type {Habits} from '../../src/simulation/habits.js';
export type {WallClocks} from '../../src/simulation/wall-clock.js';
export type {DeathNotices} from '../../src/simulation/death-notices.js';
export type {Mix, SimulationParameters, Workload} from '../../src/simulation/parameters.js';
export type {SimulationCounts} from '../../src/simulation/simulation-setup.js';
export type {SimulationResult} from '../../src/simulation/simulate.js';
export {SimulationOptionError, type SimulationSettings} from '../../src/simulation/options.js';
export type {CoverageCounts} from '../../src/simulation/coverage.js';
export {coverageKinds} from '../../src/simulation/kv/kv-coverage.js';
export type {ShrinkOptions, ShrunkRun} from '../../src/simulation/shrink.js';
export {profiles, type Profile} from '../../src/simulation/profile.js';
export {invariants, type Invariant, type Violation} from '../../src/simulation/violation.js';
