/** What the checker says of one key. Nothing here runs. */
import type {Anomaly} from './model.js';

/** What decided: the short cut of values that tell their order, or one of the searches. */
export type EngineName = 'chain' | 'wgl' | 'jit';

/** Whether an order of the operations exists that the model allows. */
export type Verdict = 'ok' | 'violation' | 'unknown';

/** Why a verdict is unknown. */
export type UnknownReason =
	| 'timeout'
	| 'memory'
	/** `isCancelled` said so. */
	| 'cancelled'
	/** Another key's violation had decided already. */
	| 'notNeeded';

/** The verdict on one key, and how it was found. */
export interface KeyResult {
	readonly key: string;
	readonly verdict: Verdict;
	/** Only when unknown. */
	readonly reason: UnknownReason | undefined;
	/** What decided; `undefined` when unknown. */
	readonly engine: EngineName | undefined;
	/** Only of a violation that the short cut found; `explainViolation` finds one for any. */
	readonly anomaly: Anomaly | undefined;
	readonly operationCount: number;
	/** Of the searches; 0 when no search was needed. */
	readonly modelSteps: number;
}
