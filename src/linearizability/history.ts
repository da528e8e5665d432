/**
 * Histories: what clients asked, what they were told, and when (Herlihy & Wing 1990).
 *
 *     process 0   |--put a--|        |--get -> b--|
 *     process 1        |-----put b------ ...            outcome unknown: at any time after its call, or never
 */
import {HistoryError} from './history-error.js';

/** One operation of one client. Operations of one process never overlap. */
export interface Operation<Input, Output> {
	readonly process: string;
	/** When it was invoked. Any unit, one for the whole history; our own recordings are in ns. */
	readonly call: number;
	/** When its answer arrived; `Infinity` when the outcome is unknown. At equal times a call counts as before a return. */
	readonly return: number;
	readonly input: Input;
	/** `undefined`: unknown. Such an operation may take effect at any time after its call, or never. */
	readonly output: Output | undefined;
}

/** Operations in the order of their calls. */
export type History<Input, Output> = readonly Operation<Input, Output>[];

interface OpenOperation<Input> {
	readonly offset: number;
	readonly call: number;
	readonly input: Input;
}

/** Makes operations out of events. Events of one process must come in their order; a broken order throws a `HistoryError`. */
export class HistoryBuilder<Input, Output> {
	readonly #operations: (Operation<Input, Output> | undefined)[] = [];
	readonly #open = new Map<string, OpenOperation<Input>>();
	#line: number | undefined;

	/** The line that the next events come from, for error messages. */
	atLine(line: number): void {
		this.#line = line;
	}

	/** What the process waits for; `undefined` when idle. */
	openInput(process: string): Input | undefined {
		return this.#open.get(process)?.input;
	}

	/** A process asks for something. Throws a `HistoryError` while its last operation is open, or for a time that is not exact. */
	invoke(process: string, input: Input, time: number): void {
		if (this.#open.has(process)) {
			throw this.#error(`process ${process} to complete its open operation first`, 'another invocation');
		}
		this.#assertExact(time);
		this.#open.set(process, {offset: this.#operations.length, call: time, input});
		this.#operations.push(undefined);
	}

	/** The answer has arrived. */
	complete(process: string, output: Output, time: number): void {
		const {offset, call, input} = this.#close(process);
		this.#assertExact(time);
		if (time < call) throw this.#error(`a completion at or after its invocation at ${call}`, String(time));
		this.#operations[offset] = {process, call, return: time, input, output};
	}

	/** Nobody will ever know what became of it. */
	loseTrack(process: string): void {
		const open = this.#close(process);
		this.#operations[open.offset] = pending(process, open);
	}

	/** It certainly was not run: as if it had never been invoked. */
	discard(process: string): void {
		this.#close(process);
	}

	/** In order of invocation events. An operation that is still open has an unknown outcome. */
	build(): Operation<Input, Output>[] {
		for (const [process, open] of this.#open) this.#operations[open.offset] = pending(process, open);
		return this.#operations.filter(operation => operation !== undefined);
	}

	#close(process: string): OpenOperation<Input> {
		const open = this.#open.get(process);
		if (open === undefined) throw this.#error(`an invocation of process ${process} first`, 'a completion');
		this.#open.delete(process);
		return open;
	}

	/** Above 2^53 two moments can become one number, and then count as overlapping; NaN comes before and after nothing. */
	#assertExact(time: number): void {
		if (Math.abs(time) <= Number.MAX_SAFE_INTEGER) return;
		throw this.#error(
			'a time within 2^53 of zero: take one that counts from the beginning of the history',
			String(time),
		);
	}

	#error(expected: string, found: string): HistoryError {
		return new HistoryError(expected, found, this.#line);
	}
}

function pending<Input, Output>(process: string, {call, input}: OpenOperation<Input>): Operation<Input, Output> {
	return {process, call, return: Infinity, input, output: undefined};
}
