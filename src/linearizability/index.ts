/** The linearizability checker by itself: `threadraft/linearizability`. */
export {check, type CheckOptions, type CheckResult, type KeyResult, type Verdict} from './check.js';
export {explainViolation} from './explain.js';
export type {History} from './history.js';
export {HistoryError} from './history-error.js';
export {kvModel} from './models/kv-model.js';
export {Recorder} from './recorder.js';
