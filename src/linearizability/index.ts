/** The linearizability checker by itself: `threadraft/linearizability`. */
export {check, type CheckOptions, type CheckResult} from './check.js';
export type {EngineName, KeyResult, UnknownReason, Verdict} from './key-result.js';
export {ThreadraftError} from '../base/errors.js';
export type {SearchOptions} from './engines/search.js';
export {type Explanation, type ExplainOptions, explainViolation, type LinearizedStep} from './explain.js';
export {type FormatName, parseHistory, type ParsedHistory} from './formats/format.js';
export {type History, HistoryBuilder, type Operation} from './history.js';
export {HistoryError} from './history-error.js';
export {renderHtml, type ReportedKey} from './html.js';
export {
	editNames,
	invalidReasons,
	type KvCompare,
	type KvEdit,
	type KvEditName,
	type KvExpected,
	type KvHistory,
	type KvInput,
	type KvInvalidReason,
	type KvKeyInput,
	type KvOutput,
	type KvPart,
	type KvReply,
	type KvResult,
	type KvValueCondition,
} from './kv-operation.js';
export type {CoreOperation, MinimizeOptions} from './minimize.js';
export {type Anomaly, type AnomalyType, type Decision, everyKey, type Model} from './model.js';
export {type KvModel, kvModel, type KvModelName, type KvModelOptions, type KvState} from './models/kv-model.js';
export {
	type MachineInput,
	type MachineModel,
	machineModel,
	type MachineModelState,
	type MachineOutput,
	type FrozenState,
	type ModelledMachine,
	type ModelledPlace,
	type ModelledState,
	type StateReader,
} from './models/machine-model.js';
export {Recorder} from './recorder.js';
