/** The simulator by itself: `threadraft/simulation`. */
export {shrink, simulate, type SimulationOptions} from './simulate.js';
export type {Codec} from '../../src/base/codec.js';
export type {ClockFault, DiskAfterCrash, DiskFault, Fault, FaultEvent, ProcessFault} from '../../src/faults/faults.js';
export type {Intensity, Schedule} from '../../src/faults/nemesis.js';
export type {ServerLimits} from '../../src/service/server.js';
export type {Verdict} from '../../src/linearizability/check.js';
export type {Echo, Latency} from '../../src/simulation/network.js';
export type {Mix, SimulationParameters, Workload} from '../../src/simulation/parameters.js';
export type {SimulationCounts} from '../../src/simulation/simulation.js';
export type {SimulationResult} from '../../src/simulation/simulate.js';
export {SimulationOptionError} from '../../src/simulation/options.js';
export {coverageKinds, type CoverageCounts} from '../../src/simulation/coverage.js';
export type {ShrinkOptions, ShrunkRun} from '../../src/simulation/shrink.js';
export {profiles, type Profile} from '../../src/simulation/profile.js';
export {invariants, type Invariant, type Violation} from '../../src/simulation/violation.js';
