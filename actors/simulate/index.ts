/** The simulator by itself: `threadraft/simulation`. */
export {shrink, simulate, type SimulationOptions} from './simulate.js';
export type {SimulationResult} from '../../src/simulation/simulate.js';
export {SimulationOptionError} from '../../src/simulation/options.js';
export {coverageKinds, type CoverageCounts} from '../../src/simulation/coverage.js';
export type {ShrinkOptions, ShrunkRun} from '../../src/simulation/shrink.js';
export {profiles, type Profile} from '../../src/simulation/profile.js';
export {invariants, type Invariant, type Violation} from '../../src/simulation/violation.js';
