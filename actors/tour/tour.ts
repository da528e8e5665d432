/** Leads through the steps of the tour, forward and back, as whoever answers it wants. */
import type {ClusterEvent} from '../cluster/cluster-event.js';
import type {Cluster} from '../cluster/cluster.js';
import type {LineResult} from '../console/line-runner.js';
import {tourSteps} from './steps/all.js';
import {TourError, type TourStep} from './step.js';

export interface TourOptions {
	/** Of five nodes, which nobody else uses. */
	readonly cluster: Cluster;
	/** Carries out a line of the console. */
	readonly run: (line: string, signal: AbortSignal) => Promise<LineResult>;
	readonly print: (text: string) => void;
	/** Asks, and answers with what was typed; `undefined`: nobody answers any more. */
	readonly ask: (prompt: string) => Promise<string | undefined>;
	/** Goes on from step to step by itself; the first that fails ends it. */
	readonly isUnattended: boolean;
	/** Once it is aborted, the tour is left. */
	readonly signal: AbortSignal;
	/** @default tourSteps */
	readonly steps?: readonly TourStep[];
}

const help = 'Enter: do it, or go on - next, back, skip, quit - or any line of the console';

/** Resolves with whether it came to its end. Rejects with a `TourError` where it goes on by itself and a step fails. */
export async function runTour(options: TourOptions): Promise<boolean> {
	return new Tour(options).run();
}

class Tour {
	readonly #options: TourOptions;
	readonly #steps: readonly TourStep[];
	#place = 0;
	#isDone = false;
	#isLeft = false;

	constructor(options: TourOptions) {
		this.#options = options;
		this.#steps = options.steps ?? tourSteps;
	}

	async run(): Promise<boolean> {
		const {print, ask, signal} = this.#options;
		print(`A tour of Raft in ${this.#steps.length} steps, on a real cluster of five nodes.\n${help}`);
		this.#show();
		while (!this.#isLeft && this.#step !== undefined) {
			const answer = signal.aborted ? undefined : await ask(`tour ${this.#place + 1}/${this.#steps.length}> `);
			if (answer === undefined || signal.aborted) break;
			await this.#obey(answer.trim());
		}
		if (this.#step !== undefined) return false;
		print('\nThat was the tour. "npx threadraft start" is yours to break; docs/guarantees.md says what holds.');
		return true;
	}

	get #step(): TourStep | undefined {
		return this.#steps[this.#place];
	}

	async #obey(answer: string): Promise<void> {
		switch (answer.toLowerCase()) {
			case '':
			case 'next':
				return this.#isDone ? this.#goTo(this.#place + 1) : this.#doStep();
			case 'skip':
				return this.#goTo(this.#place + 1);
			case 'back':
				return this.#goTo(Math.max(0, this.#place - 1));
			case 'quit':
			case 'exit':
				this.#isLeft = true;
				return;
			default:
				return this.#type(answer);
		}
	}

	#goTo(place: number): void {
		this.#place = place;
		this.#isDone = false;
		this.#show();
	}

	#show(): void {
		const step = this.#step;
		if (step === undefined) return;
		const {print} = this.#options;
		print(`\n${this.#place + 1}. ${step.title}\n   (${step.source})\n`);
		for (const line of step.story) print(line);
		print('\nEnter types:');
		for (const line of step.lines) print(`  ${line}`);
	}

	async #doStep(): Promise<void> {
		const {print, isUnattended, signal} = this.#options;
		try {
			await this.#prepare();
			const seen = await this.#carryOut(this.#step as TourStep);
			print('');
			for (const line of seen) print(`=> ${line}`);
			this.#isDone = true;
		} catch (error) {
			if (signal.aborted) return;
			if (isUnattended || !(error instanceof TourError)) throw error;
			print(`${error.message}. Enter does it again, skip goes on.`);
		}
	}

	async #carryOut(step: TourStep): Promise<readonly string[]> {
		const {cluster, print, signal} = this.#options;
		const events: ClusterEvent[] = [];
		const note = (event: ClusterEvent): void => void events.push(event);
		cluster.on('event', note);
		try {
			return await step.run({cluster, signal, events, print, type: line => this.#typeForStep(line)});
		} finally {
			cluster.off('event', note);
		}
	}

	/** All is well again, whatever the step before, or whoever typed meanwhile, has left behind. */
	async #prepare(): Promise<void> {
		const {cluster} = this.#options;
		cluster.faults.reset();
		const down = (await cluster.status()).filter(({state}) => state === 'down');
		await Promise.all(down.map(({id}) => cluster.restart(id)));
		await cluster.waitForLeader(30_000);
	}

	async #typeForStep(line: string): Promise<string> {
		const {print, run, signal} = this.#options;
		signal.throwIfAborted();
		print(`> ${line}`);
		const result = await run(line, signal);
		signal.throwIfAborted();
		if (result.type === 'failed') throw new TourError(`"${line}" failed: ${result.message}`);
		const text = result.type === 'answered' ? result.text : '';
		print(text);
		return text;
	}

	/** Whatever the visitor would like to try. */
	async #type(line: string): Promise<void> {
		const {print, run, signal} = this.#options;
		const result = await run(line, signal);
		if (result.type === 'answered') print(result.text);
		if (result.type === 'failed') print(result.message);
		if (result.type === 'quit') this.#isLeft = true;
	}
}
