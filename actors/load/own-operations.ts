/**
 * What a person does by hand, as a history: on keys that were there before, next to others who are not recorded. It is judged by a model
 * that begins with whatever there was. So it can begin anew at any moment, with one care: an operation that was under way at
 * that moment may already have had its effect, or not yet, and becomes one of unknown outcome.
 */
import {OperationError} from '../../src/service/errors.js';
import type {KvHistory, KvInput, KvOutput} from '../../src/linearizability/kv-operation.js';
import type {Operation, Result} from '../../src/kv/types.js';
import {OptionError} from '../options/option-error.js';
import {operationOf, outputOf} from './recorded-operation.js';

export interface OwnOperationsOptions {
	/** In ns, never goes back. */
	readonly now: () => number;
	/** Takes the history when there are so many operations that the older half is let go of. */
	readonly full: (history: KvHistory) => void;
	/** Operations that are held. @default 4000 */
	readonly operationsMax?: number;
}

/** Operations of unknown outcome that are carried along; each makes the search for an order harder. */
const openMax = 50;

interface Entry {
	readonly process: string;
	readonly call: number;
	readonly input: KvInput;
	return: number;
	output: KvOutput | undefined;
}

export class OwnOperations {
	readonly #options: OwnOperationsOptions;
	readonly #operationsMax: number;
	#entries: Entry[] = [];
	#number = 0;
	/** Too many are of unknown outcome: there is nothing to judge by until it begins anew. */
	#isBlind = false;

	constructor(options: OwnOperationsOptions) {
		this.#options = options;
		this.#operationsMax = options.operationsMax ?? 4000;
	}

	/** So many were begun, ever. */
	get begun(): number {
		return this.#number;
	}

	/** Whether operations of unknown outcome were so many that the others cannot be judged. */
	get isBlind(): boolean {
		return this.#isBlind;
	}

	/** Carries an operation out; records it unless it is of no interest. Rejects as `execute` does. */
	async run(input: KvInput, execute: (operation: Operation) => Promise<Result>, isOfInterest = true): Promise<Result> {
		const {now} = this.#options;
		if (!isOfInterest) {
			this.#number++;
			return execute(operationOf(input));
		}
		if (this.#entries.length >= this.#operationsMax) this.#makeRoom();
		const process = `hand${this.#number++}`;
		const entry: Entry = {process, call: now(), input, return: Infinity, output: undefined};
		this.#entries.push(entry);
		try {
			const result = await execute(operationOf(input));
			entry.output = outputOf(input, result);
			entry.return = now();
			return result;
		} catch (error) {
			const isNotRun =
				error instanceof OptionError || (error instanceof OperationError && error.outcome === 'notExecuted');
			if (isNotRun) this.#entries = this.#entries.filter(each => each !== entry);
			throw error;
		}
	}

	/** So far; what is still open has an unknown outcome. */
	history(): KvHistory {
		return this.#entries.map(entry => ({...entry}));
	}

	/** Nothing that is over by now is looked at any more. */
	beginAnew(): void {
		this.#isBlind = false;
		this.#cutAt(this.#options.now());
	}

	#makeRoom(): void {
		this.#options.full(this.history());
		this.#cutAt(this.#entries[Math.floor(this.#operationsMax / 2)]?.call ?? 0);
	}

	/** Lets go of what returned before. What was under way then may have had its effect before or after, or never. */
	#cutAt(time: number): void {
		const open: Entry[] = this.#entries
			.filter(({call, return: returned}) => call < time && returned >= time)
			.map(({process, call, input}) => ({process, call, input, return: Infinity, output: undefined}));
		this.#isBlind ||= open.length > openMax;
		this.#entries = [...open.slice(0, openMax), ...this.#entries.filter(({call}) => call >= time)];
	}
}
