/**
 * Clients that read and write, each at its own pace, while something else breaks what they talk to: what they saw of the
 * keys they share is judged by the linearizability checker, what each did to its own key by a ledger.
 */
import {writeFile} from 'node:fs/promises';
import path from 'node:path';
import type {Random} from '../../../src/base/random.js';
import {check} from '../../../src/linearizability/check.js';
import type {KvInput, KvOutput} from '../../../src/linearizability/kv-operation.js';
import {kvModel} from '../../../src/linearizability/models/kv-model.js';
import {Recorder} from '../../../src/linearizability/recorder.js';
import {drawEdit} from '../../../actors/load/draw-edit.js';
import type {Trial} from '../trial.js';
import {type Caller, NoAnswer} from './caller.js';
import {Ledger} from './ledger.js';

export interface ServiceLoadOptions {
	/** Of keys that nobody else uses, and that do not exist. */
	readonly prefix: string;
	/** A new client; called again for one whose `isLost` says so. */
	readonly connect: () => Promise<Caller>;
	readonly clients: number;
	/** A client pauses for up to this long after each answer, so that a history of minutes can be judged. */
	readonly thinkMs: number;
	/** The port has neither versions nor conditions. @default true */
	readonly hasConditions?: boolean;
	/** The service knows edits. @default false */
	readonly hasEdits?: boolean;
	/** Where set: a client with an unanswered operation is replaced by a new one, as after a broken connection. */
	readonly reconnects?: boolean;
}

const keyCount = 6;
const editKeyCount = 3;
const afterFailureMs = 20;
const checkTimeoutMs = 60_000;
/** A cluster whose faults are over serves again within this time. */
const recoveryTimeoutMs = 60_000;
/** A history is held in memory. */
const operationsMax = 300_000;

const withConditions = ['get', 'get', 'put', 'append', 'delete', 'byValue', 'byVersion', 'ledger', 'step'] as const;
const withoutConditions = ['get', 'get', 'put', 'append', 'delete', 'ledger', 'step'] as const;
const withEdits = [...withConditions, 'edit', 'edit'] as const;
type Action = (typeof withEdits)[number];

/** What an action may need. */
interface Asked {
	readonly ledger: Ledger;
	readonly seen: Map<string, Seen>;
	readonly process: string;
	readonly key: string;
	readonly edit: KvInput;
}

interface Seen {
	readonly value: string | undefined;
	readonly version: number;
}

export class ServiceLoad {
	readonly #trial: Trial;
	readonly #options: ServiceLoadOptions;
	readonly #recorder = new Recorder(() => Math.round(performance.now() * 1e6));
	readonly #keys: readonly string[];
	/** Edits join their keys: they are judged together, apart from the others. */
	readonly #editKeys: readonly string[];
	readonly #ledgers: Ledger[] = [];
	#workers: Promise<unknown> = Promise.resolve();
	#count = 0;
	#answered = 0;
	#lastAnswerAt = 0;
	#isOver = false;

	private constructor(trial: Trial, options: ServiceLoadOptions) {
		this.#trial = trial;
		this.#options = options;
		this.#keys = Array.from({length: keyCount}, (_, number) => `${options.prefix}${number}`);
		this.#editKeys = Array.from({length: editKeyCount}, (_, number) => `${options.prefix}edited${number}`);
	}

	/** Begins at once. */
	static start(trial: Trial, options: ServiceLoadOptions): ServiceLoad {
		const load = new ServiceLoad(trial, options);
		load.#lastAnswerAt = performance.now();
		const random = trial.random.fork(options.prefix);
		load.#workers = Promise.all(
			Array.from({length: options.clients}, (_, client) => load.#work(`c${client}`, random.fork(`c${client}`))),
		);
		// Told by `stop`.
		load.#workers.catch(() => undefined);
		return load;
	}

	/** Operations with an answer. */
	get answered(): number {
		return this.#answered;
	}

	/** Milliseconds since the last answer. */
	get silenceMs(): number {
		return performance.now() - this.#lastAnswerAt;
	}

	/** Waits until clients are answered again; what keeps them waiting is wrong by then. */
	async served(why: string, operations = this.#options.clients): Promise<void> {
		const target = this.#answered + operations;
		await this.#trial.until(`the service answers ${why}`, recoveryTimeoutMs, () => this.#answered >= target);
	}

	/** Waits for what is under way, and judges all of it. The service must be able to answer. */
	async stop(): Promise<void> {
		this.#isOver = true;
		this.#noteSilence();
		await this.#workers;
		const auditor = await this.#options.connect();
		try {
			for (const ledger of this.#ledgers)
				for (const fault of await this.#patiently(() => ledger.audit(auditor))) this.#trial.find(fault);
		} finally {
			await auditor.close();
		}
		await this.#judgeHistory();
		this.#trial.operation(this.#answered);
	}

	async #judgeHistory(): Promise<void> {
		const {verdict, keys} = check(this.#recorder.history(), {
			model: kvModel('kv'),
			now: () => performance.now(),
			timeoutMs: checkTimeoutMs,
		});
		if (verdict === 'ok') return;
		const name = `history${this.#options.prefix.replaceAll(/\W/g, '-')}.jsonl`;
		await writeFile(path.join(this.#trial.folder, name), `${[...this.#recorder.jsonLines()].join('\n')}\n`);
		const bad = keys.filter(key => key.verdict === verdict).map(({key, anomaly}) => `${key} ${anomaly?.detail ?? ''}`);
		this.#trial.find(`the history ${name} is judged "${verdict}": ${bad.join('; ')}`);
	}

	async #work(name: string, random: Random): Promise<void> {
		const {thinkMs, prefix, hasConditions = true, hasEdits = false, reconnects = false} = this.#options;
		const ledger = new Ledger(`${prefix}${name}`);
		this.#ledgers.push(ledger);
		const seen = new Map<string, Seen>();
		const actions = hasEdits ? withEdits : hasConditions ? withConditions : withoutConditions;
		let caller = await this.#patiently(() => this.#options.connect());
		for (let number = 0; !this.#isOver && this.#count < operationsMax; number++) {
			this.#count++;
			const action = random.pick<Action>(actions);
			const isAnswered = await this.#act(caller, action, {
				ledger,
				seen,
				process: `${name}.${number}`,
				key: random.pick(this.#keys),
				edit: this.#drawEdit(random, `${name}.${number} `),
			});
			if (!isAnswered && reconnects) {
				await caller.close();
				caller = await this.#patiently(() => this.#options.connect());
			}
			// A cluster that refuses at once must not be asked in a loop.
			await this.#trial.sleep(isAnswered ? random.float() * thinkMs : afterFailureMs);
		}
		await caller.close();
	}

	/** Whether there was an answer. */
	async #act(caller: Caller, action: Action, {ledger, seen, process, key, edit}: Asked): Promise<boolean> {
		try {
			if (action === 'ledger') await ledger.append(caller);
			else if (action === 'step') await ledger.step(caller);
			else {
				const input = action === 'edit' ? edit : inputOf(action, key, `${process} `, seen.get(key));
				const output = await this.#record(caller, process, input);
				if (action !== 'edit' && output.type === 'value')
					seen.set(key, {value: output.value, version: output.version ?? 0});
			}
		} catch (error) {
			if (error instanceof NoAnswer) return false;
			this.#isOver = true;
			throw error;
		}
		this.#noteSilence();
		this.#lastAnswerAt = performance.now();
		this.#answered++;
		return true;
	}

	#drawEdit(random: Random, value: string): KvInput {
		const key = random.pick(this.#editKeys);
		return random.chance(0.3) ? {type: 'get', key} : drawEdit(random, [key, random.pick(this.#editKeys)], value);
	}

	/** Each operation is a process of its own: one of unknown outcome never ends. */
	async #record(caller: Caller, process: string, input: KvInput): Promise<KvOutput> {
		this.#recorder.invoke(process, input);
		try {
			const output = await caller.run(input);
			this.#recorder.complete(process, output);
			return output;
		} catch (error) {
			if (error instanceof NoAnswer && error.outcome === 'notExecuted') this.#recorder.discard(process);
			else this.#recorder.loseTrack(process);
			throw error;
		}
	}

	#noteSilence(): void {
		this.#trial.pause(this.silenceMs);
	}

	/** Tries until it succeeds, for as long as a cluster may take to recover. */
	async #patiently<T>(action: () => Promise<T>): Promise<T> {
		const deadline = performance.now() + recoveryTimeoutMs;
		for (;;) {
			try {
				return await action();
			} catch (error) {
				if (error instanceof TypeError || performance.now() > deadline || this.#trial.signal.aborted) throw error;
				await this.#trial.sleep(afterFailureMs);
			}
		}
	}
}

function inputOf(
	action: Exclude<Action, 'edit' | 'ledger' | 'step'>,
	key: string,
	value: string,
	seen: Seen | undefined,
): KvInput {
	switch (action) {
		case 'byValue':
			return {type: 'compareAndSet', key, expected: {value: seen?.value}, value};
		case 'byVersion':
			return {type: 'compareAndSet', key, expected: {version: seen?.version ?? 0}, value};
		case 'put':
		case 'append':
			return {type: action, key, value};
		default:
			return {type: action, key};
	}
}
