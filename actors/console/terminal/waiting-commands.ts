/** The commands that were not answered within a moment: they go on in the background, and the prompt is free. */
import type {WaitingList} from '../command.js';
import type {ConsoleTarget} from '../console-target.js';
import type {BegunLine, LineResult} from '../line-runner.js';
import {within} from '../within.js';

/** As many may wait. With the deadline of each that bounds what is kept. */
export const waitingMax = 32;
/** Characters of a line that are shown where its answer comes late. */
const labelMax = 48;
/** To find out on what a command waits, ms. */
const reasonWithinMs = 250;

const unknownReason = 'no answer yet';

interface WaitingCommand {
	readonly number: number;
	readonly line: string;
	readonly begunLine: BegunLine;
	readonly sinceMs: number;
	readonly cancel: () => void;
}

export interface WaitingCommandsOptions {
	readonly target: ConsoleTarget;
	/** Any clock, ms. */
	readonly now: () => number;
	/** Is told the answer of each, with its label. */
	readonly answered: (label: string, result: LineResult, tookMs: number) => void;
}

export class WaitingCommands implements WaitingList {
	readonly #options: WaitingCommandsOptions;
	readonly #commands = new Map<number, WaitingCommand>();
	#lastNumber = 0;

	constructor(options: WaitingCommandsOptions) {
		this.#options = options;
	}

	get size(): number {
		return this.#commands.size;
	}

	/** Takes one in, begun at `sinceMs`. Answers with its label: its number and what was typed. */
	add(line: string, begunLine: BegunLine, sinceMs: number, cancel: () => void): string {
		const number = ++this.#lastNumber;
		this.#commands.set(number, {number, line, begunLine, sinceMs, cancel});
		void this.#tellAnswer(number, begunLine);
		return labelOf(number, line);
	}

	async #tellAnswer(number: number, {result}: BegunLine): Promise<void> {
		const answer = await result;
		const command = this.#commands.get(number);
		if (command === undefined) return;
		this.#commands.delete(number);
		this.#options.answered(labelOf(number, command.line), answer, this.#options.now() - command.sinceMs);
	}

	/** On what a command waits that was not answered within a moment: `no majority of the nodes is up`. */
	async reasonOf(begunLine: BegunLine, signal: AbortSignal): Promise<string> {
		return this.#ownReason(begunLine, this.#lastNumber + 1) ?? clusterReason(this.#options.target, signal);
	}

	async describe(signal: AbortSignal): Promise<readonly string[]> {
		const reason = await clusterReason(this.#options.target, signal);
		return [...this.#commands.values()].map(command => {
			const seconds = ((this.#options.now() - command.sinceMs) / 1000).toFixed(1);
			const text = this.#ownReason(command.begunLine, command.number) ?? reason;
			return `${labelOf(command.number, command.line)} waits since ${seconds} s: ${text}`;
		});
	}

	cancel(number: number | undefined): number {
		const chosen = [...this.#commands.values()].filter(each => number === undefined || each.number === number);
		for (const {cancel} of chosen) cancel();
		return chosen.length;
	}

	/** `undefined` for a command that waits for the cluster. */
	#ownReason(begunLine: BegunLine, number: number): string | undefined {
		if (!begunLine.isQueued()) return begunLine.command?.waitsFor;
		const before = [...this.#commands.values()].findLast(
			each => each.number < number && each.begunLine.command?.queue === begunLine.command?.queue,
		);
		return before === undefined ? undefined : `it comes after #${before.number}`;
	}
}

/** What is wrong with the cluster, as far as it can tell within a moment. */
async function clusterReason(target: ConsoleTarget, signal: AbortSignal): Promise<string> {
	try {
		const ask = (late: AbortSignal): Promise<string> => askForReason(target, AbortSignal.any([signal, late]));
		return (await within(reasonWithinMs, ask)) ?? unknownReason;
	} catch {
		return unknownReason;
	}
}

async function askForReason(target: ConsoleTarget, signal: AbortSignal): Promise<string> {
	const {state, reasons} = await target.health(signal);
	const [first] = reasons;
	if (state === 'down' && first !== undefined) return first;
	const faults = await target.faults(signal);
	return faults.length === 0 ? unknownReason : 'no answer yet, and faults are set (see "faults")';
}

function labelOf(number: number, line: string): string {
	const characters = Array.from(line.trim());
	const shown = characters.length > labelMax ? `${characters.slice(0, labelMax - 1).join('')}…` : characters.join('');
	return `#${number} ${shown}`;
}
