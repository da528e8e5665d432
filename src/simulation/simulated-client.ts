/** A client: a real clerk, a few slots that ask for one thing after the other, and a record of what they were told. */
import type {Random} from '../base/random.js';
import {ClerkCore, type ClerkEffect, type Settlement} from '../service/clerk.js';
import type {Codec} from '../base/codec.js';
import type {ServiceReply, ServiceRequest} from '../service/types.js';
import type {Operation, Result} from '../kv/types.js';
import {serviceOperation, kvWords, type KvTypes} from '../kv/words.js';
import type {KvInput, KvOutput} from '../linearizability/kv-operation.js';
import type {Recorder} from '../linearizability/recorder.js';
import {nodeId} from '../raft/types.js';
import type {Schedule} from './events.js';
import {OperationSource, padded, textOfName, type OperationName, type Wanted} from './operations.js';
import type {SimulationParameters} from './parameters.js';
import type {AnswerJudge, ClientOperation} from './answer-judge.js';
import type {Coverage} from './coverage.js';
import {textOf} from './operation-text.js';
import {RequestJudge} from './request-judge.js';
import type {Report} from './violation.js';

export interface ClientContext {
	readonly codec: Codec;
	readonly parameters: SimulationParameters;
	readonly nodeCount: number;
	readonly random: Random;
	readonly answers: AnswerJudge;
	readonly report: Report;
	readonly coverage: Coverage;
	readonly recorder: Recorder;
	readonly now: () => number;
	readonly schedule: Schedule;
	readonly send: (client: number, life: number, requestId: number, node: number, request: ServiceRequest) => void;
	/** `requestId`: all of this life without one. */
	readonly cancel: (client: number, life: number, requestId?: number) => void;
}

interface Asked extends ClientOperation {
	readonly slot: number;
	/** The process of the history that it is recorded for; `undefined`: it is not in the checker's vocabulary. */
	readonly process: string | undefined;
	readonly isHasty: boolean;
	/** Told when it is over, unless the client dies before. */
	readonly settled: (isDone: boolean) => void;
}

/** What a client wants to be done; see `Asked`. */
interface Wish {
	readonly slot: number;
	readonly operation: Operation;
	readonly isRecorded: boolean;
	readonly settled: (isDone: boolean) => void;
}

export interface ClientCounts {
	invoked: number;
	done: number;
	failed: number;
}

export class SimulatedClient {
	readonly id: number;
	/** Counts the clerks that this client has had. */
	life = 0;
	/** While it is, slots ask for one thing after the other. */
	isWorking = true;
	readonly counts: ClientCounts = {invoked: 0, done: 0, failed: 0};
	readonly #context: ClientContext;
	readonly #source: OperationSource;
	#clerk: ClerkCore<KvTypes>;
	#requests: RequestJudge;
	#asked = new Map<number, Asked>();
	/** Operations of the train that are not settled: a client has but one train at a time. */
	#trainLeft = 0;
	/** Until then it asks for nothing. */
	#silentUntil = 0;
	/** Of the slots, and behind them of the places in a train; grows when an outcome is lost: the process that waits for it waits for ever. */
	readonly #processes: number[];
	#lastId = 0;
	#timer = 0;
	#timerAt = Infinity;

	constructor(id: number, context: ClientContext) {
		this.id = id;
		this.#context = context;
		this.#source = new OperationSource(context.parameters.workload, context.random);
		this.#clerk = this.#newClerk();
		this.#requests = new RequestJudge(context.codec, context.report);
		const {slots, habits} = context.parameters.workload;
		this.#processes = Array.from({length: slots + habits.train.operationsMax}, () => 0);
	}

	/** Operations that are not settled. */
	get pendingCount(): number {
		return this.#asked.size;
	}

	/** Lets all slots begin. */
	start(): void {
		for (let slot = 0; slot < this.#context.parameters.workload.slots; slot++) this.#think(slot);
	}

	/** A slot asks for something, unless its client dies or leaves just now. */
	submit(slot: number): void {
		if (!this.isWorking) return;
		const {random, parameters} = this.#context;
		const {clientCrash, habits} = parameters.workload;
		const isDrawn = (chance: number): boolean => chance > 0 && random.chance(chance);
		if (isDrawn(clientCrash)) this.#dieAndReturn();
		else if (isDrawn(habits.farewell.chance)) this.#leaveAndReturn();
		else if (this.#trainLeft === 0 && isDrawn(habits.train.chance)) this.#askTrain(slot);
		else this.#askNext(slot, () => this.#think(slot));
		this.#flush();
	}

	/** One operation of the simulator's own. */
	ask(operation: Operation, patienceMs: number, settled: (isDone: boolean) => void): void {
		this.#ask({slot: 0, operation, isRecorded: false, settled}, patienceMs, false);
		this.#flush();
	}

	/** A write and a read that must succeed when nothing is wrong. */
	probes(): readonly Operation[] {
		const value = padded(textOfName(this.#nextName()), 0);
		return [
			{type: 'put', key: `b${this.id % 3}`, value},
			{type: 'get', key: `b${this.id % 3}`},
		];
	}

	reply(requestId: number, reply: ServiceReply): void {
		this.#clerk.reply(requestId, reply);
		this.#flush();
	}

	lost(requestId: number): void {
		this.#clerk.requestLost(requestId);
		this.#flush();
	}

	timer(timer: number): void {
		if (timer !== this.#timer) return;
		this.#timerAt = Infinity;
		this.#flush();
	}

	#nextName(): OperationName {
		this.counts.invoked += 1;
		return {client: this.id, count: this.counts.invoked};
	}

	/** Several operations at once, each as if a slot of its own had asked for it; then the slot thinks for as many. */
	#askTrain(slot: number): void {
		const {random, parameters} = this.#context;
		const {slots, habits} = parameters.workload;
		const count = random.integer(2, habits.train.operationsMax);
		const wanted = random.pick(['any', 'any', 'reads', 'writes'] as const);
		this.#trainLeft = count;
		const settled = (): void => {
			this.#trainLeft -= 1;
			if (this.#trainLeft === 0) this.#think(slot, count);
		};
		for (let place = 0; place < count; place++) this.#askNext(slots + place, settled, wanted);
	}

	#askNext(slot: number, settled: () => void, wanted: Wanted = 'any'): void {
		const {random, parameters} = this.#context;
		const {patienceMs, habits} = parameters.workload;
		const {chance, patienceMsMax} = habits.haste;
		const isHasty = chance > 0 && random.chance(chance);
		const operation = this.#source.next(this.#nextName(), wanted);
		const wish = {slot, operation, isRecorded: true, settled};
		this.#ask(wish, isHasty ? random.float() * Math.min(patienceMs, patienceMsMax) : patienceMs, isHasty);
	}

	#ask({slot, operation, isRecorded, settled}: Wish, patienceMs: number, isHasty: boolean): void {
		const {answers, recorder, now, parameters} = this.#context;
		// The checker has no word for the end of all keys: what is asked beside it is judged by the log alone.
		const input = isRecorded && parameters.workload.mix.clear === 0 ? inputOf(operation) : undefined;
		const process = input === undefined ? undefined : `c${this.id}.${slot}${"'".repeat(this.#processes[slot] ?? 0)}`;
		if (process !== undefined && input !== undefined) recorder.invoke(process, input);
		const clerkId = this.#clerk.submit(serviceOperation(operation), {deadline: now() + patienceMs});
		this.#lastId += 1;
		const {floor} = answers;
		const clerk = `${this.id}.${this.life}`;
		const id = this.#lastId * 100 + this.id;
		this.#asked.set(clerkId, {id, clerk, operation, floor, slot, process, isHasty, settled});
		this.#requests.asked(id, operation);
	}

	/** What it waited for it will never know; its successor has another session. */
	#dieAndReturn(): void {
		const {recorder, cancel} = this.#context;
		// With the client its connections are gone.
		cancel(this.id, this.life);
		for (const {process, slot} of this.#asked.values()) {
			if (process !== undefined) recorder.loseTrack(process);
			this.#processes[slot] = (this.#processes[slot] ?? 0) + 1;
		}
		this.#begin();
	}

	/** Everything that it waits for is settled, and the session given back. */
	#leaveAndReturn(): void {
		this.#clerk.close();
		this.#takeEffects();
		this.#begin();
	}

	/** A new clerk, asked by all slots. */
	#begin(): void {
		this.life += 1;
		this.#asked = new Map();
		this.#trainLeft = 0;
		this.#clerk = this.#newClerk();
		this.#requests = new RequestJudge(this.#context.codec, this.#context.report);
		this.#timerAt = Infinity;
		this.start();
	}

	#newClerk(): ClerkCore<KvTypes> {
		const {codec, parameters, nodeCount, random} = this.#context;
		return new ClerkCore({
			codec,
			words: kvWords,
			servers: Array.from({length: nodeCount}, (_, node) => nodeId(node)),
			random: () => random.float(),
			requestsMayBeDoubled: parameters.requestsMayBeDoubled,
			limits: parameters.clerk,
		});
	}

	#flush(): void {
		this.#takeEffects();
		this.#arm();
	}

	#takeEffects(): void {
		const {now, send, cancel, coverage} = this.#context;
		const life = this.life;
		let requestsOfWrites = 0;
		for (const effect of this.#clerk.flush(now())) {
			if (effect.type === 'send') {
				if (this.#requests.sent(effect.request) > 0) requestsOfWrites += 1;
				send(this.id, life, effect.requestId, effect.server, effect.request);
			} else if (effect.type === 'cancel') cancel(this.id, life, effect.requestId);
			else this.#settle(effect);
		}
		if (requestsOfWrites > 1) coverage.count('writes of one turn in several requests');
	}

	#arm(): void {
		const deadline = this.#clerk.nextDeadline() ?? Infinity;
		if (deadline >= this.#timerAt) return;
		this.#timerAt = deadline;
		this.#timer += 1;
		const {now, schedule} = this.#context;
		const delayMs = Math.max(0, deadline - now()) + 0.01;
		schedule(delayMs, {type: 'clientTimer', client: this.id, clientLife: this.life, timer: this.#timer});
	}

	#settle({operationId, settlement}: Extract<ClerkEffect<KvTypes>, {type: 'settle'}>): void {
		const asked = this.#asked.get(operationId);
		if (asked === undefined) return;
		this.#asked.delete(operationId);
		this.#requests.settled(asked.operation);
		this.#judge(asked, settlement);
		// Who is told that there is no memory has been served.
		asked.settled(settlement.type === 'done' || settlement.error.code === 'ERR_OUT_OF_MEMORY');
	}

	#judge(asked: Asked, settlement: Settlement<KvTypes>): void {
		const {answers, recorder, coverage} = this.#context;
		const {process, operation, slot, isHasty} = asked;
		if (settlement.type === 'done') {
			const {result} = settlement;
			this.counts.done += 1;
			answers.answered(asked, result);
			this.#source.learn(operation, result);
			const output = outputOf(result);
			if (process === undefined) return;
			if (output === undefined) recorder.discard(process);
			else recorder.complete(process, output);
			return;
		}
		this.counts.failed += 1;
		const isDenied = settlement.error.outcome === 'notExecuted';
		coverage.count(isDenied ? 'failure: not executed' : 'failure: unknown');
		if (isHasty && !isDenied) coverage.count('failure: unknown, given up soon');
		if (isDenied) answers.denied(asked);
		else answers.settled(asked);
		if (process === undefined) return;
		if (isDenied) return recorder.discard(process);
		recorder.loseTrack(process);
		this.#processes[slot] = (this.#processes[slot] ?? 0) + 1;
	}

	/** The pause after so many operations. */
	#think(slot: number, operations = 1): void {
		if (!this.isWorking) return;
		const {random, schedule, parameters, now} = this.#context;
		const {thinkMs, burst, habits} = parameters.workload;
		const {chance, silenceMsMax} = habits.silence;
		if (chance > 0 && random.chance(chance)) this.#silentUntil = now() + random.float() * silenceMsMax;
		const delayMs = burst > 0 && random.chance(burst) ? 0 : random.exponential(thinkMs) * operations;
		const silentMs = Math.max(0, this.#silentUntil - now());
		schedule(silentMs + delayMs, {type: 'submit', client: this.id, clientLife: this.life, slot});
	}
}

/** `undefined`: the checker does not know such an operation. Its key is then of a sort of its own. */
function inputOf(operation: Operation): KvInput | undefined {
	if (!('key' in operation) || !operation.key.startsWith('k')) return undefined;
	const {key} = operation;
	switch (operation.type) {
		case 'get':
		case 'delete':
			return {type: operation.type, key};
		case 'put':
		case 'append':
			return {type: operation.type, key, value: textOf(operation.value)};
		case 'compareAndSet': {
			const {expected} = operation;
			if ('version' in expected) return {type: 'compareAndSet', key, expected, value: textOf(operation.value)};
			const value = expected.value === undefined ? undefined : textOf(expected.value);
			return {type: 'compareAndSet', key, expected: {value}, value: textOf(operation.value)};
		}
		case 'increment':
			return undefined;
		default:
			return operation satisfies never;
	}
}

/** `undefined`: nothing has happened. */
function outputOf(result: Result): KvOutput | undefined {
	switch (result.type) {
		case 'value': {
			const value = result.value === undefined ? undefined : textOf(result.value);
			return {type: 'value', value, version: result.version};
		}
		case 'written':
			return {type: 'written', version: result.version};
		case 'deleted':
			return {type: 'deleted', existed: result.existed, version: result.version};
		case 'conditionFailed': {
			const value = result.value === undefined ? undefined : textOf(result.value);
			return {type: 'conditionFailed', observed: {value}, version: result.version};
		}
		default:
			return undefined;
	}
}
