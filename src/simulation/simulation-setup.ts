/** What a run is made of, and what it comes to in numbers. */
import type {Codec} from '../base/codec.js';
import type {Schedule as FaultSchedule} from '../faults/nemesis.js';
import type {MachineTypes} from '../service/machine.js';
import type {SimulationObserver} from './observer.js';
import type {SimulationParameters} from './parameters.js';
import type {Subject} from './subject.js';

export interface SimulationSetup<T extends MachineTypes> {
	readonly seed: number;
	readonly codec: Codec;
	readonly subject: Subject<T>;
	readonly parameters: SimulationParameters;
	readonly faults: FaultSchedule;
	readonly nodeCount: number;
	readonly durationMs: number;
	/** Events that the timeline keeps. */
	readonly timelineLength: number;
	/** Told of all that happens. */
	readonly observer?: SimulationObserver | undefined;
}

/** What a run has been through. */
export interface SimulationCounts {
	/** Sent by nodes to nodes. */
	readonly messages: number;
	readonly operations: number;
	readonly done: number;
	readonly failed: number;
	readonly committed: number;
	readonly terms: number;
	readonly crashes: number;
	readonly faults: number;
}
