/** The simulator by itself: `threadraft/simulation`. */
export {simulate, type SimulationOptions, type SimulationResult} from './simulate.js';
export {SimulationOptionError} from './options.js';
export {coverageKinds, type CoverageCounts} from './coverage.js';
export {shrink, type ShrinkOptions, type ShrunkRun} from './shrink.js';
export {profiles, type Profile} from './profile.js';
export {invariants, type Invariant, type Violation} from './violation.js';
