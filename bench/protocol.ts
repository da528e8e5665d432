/** Between the bench and the process of a system: one request, one answer. */
import type {CrashOptions, CrashTimeline} from './crash.js';
import type {SoakOptions, SoakSample} from './soak-load.js';
import type {Load, Measurement, StartOptions, SystemId} from './systems/system.js';

export type ProcessRequest =
	| {readonly type: 'start'; readonly system: SystemId; readonly options: StartOptions}
	| {readonly type: 'measure'; readonly load: Load}
	| {readonly type: 'crash'; readonly crash: CrashOptions}
	| {readonly type: 'soak'; readonly soak: SoakOptions}
	| {readonly type: 'stop'};

export type ProcessAnswer =
	| {readonly type: 'done'}
	| {readonly type: 'measured'; readonly measurement: Measurement}
	| {readonly type: 'crashed'; readonly timeline: CrashTimeline}
	/** One of a soak; more follow until `done`. */
	| {readonly type: 'sample'; readonly sample: SoakSample}
	| {readonly type: 'failed'; readonly message: string};
