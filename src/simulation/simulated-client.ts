/** A client: a real clerk, a few slots that ask for one thing after the other, and a record of what they were told. */
import type {Random} from '../base/random.js';
import {ClerkCore} from '../service/clerk/clerk-core.js';
import type {Settlement} from '../service/clerk/outbox.js';
import type {Codec} from '../base/codec.js';
import type {MachineTypes} from '../service/machine.js';
import type {ServiceReply, ServiceRequest} from '../service/types.js';
import {nodeId} from '../raft/types.js';
import type {Schedule} from './events.js';
import type {SimulationParameters} from './parameters.js';
import type {Coverage} from './coverage.js';
import {RequestJudge} from './request-judge.js';
import type {ClientOperation, Operation, OperationSource, Subject, SubjectJudge, Wanted} from './subject.js';
import type {Report} from './violation.js';

export interface ClientContext<T extends MachineTypes> {
	readonly codec: Codec;
	readonly subject: Subject<T>;
	readonly parameters: SimulationParameters;
	readonly nodeCount: number;
	readonly random: Random;
	readonly answers: SubjectJudge<T>;
	readonly report: Report;
	readonly coverage: Coverage;
	readonly now: () => number;
	readonly schedule: Schedule;
	readonly send: (client: number, life: number, requestId: number, node: number, request: ServiceRequest) => void;
	/** `requestId`: all of this life without one. */
	readonly cancel: (client: number, life: number, requestId?: number) => void;
}

interface Asked<T extends MachineTypes> extends ClientOperation<T> {
	readonly slot: number;
	readonly isHasty: boolean;
	/** Told when it is over, unless the client dies before. */
	readonly settled: (isDone: boolean) => void;
}

/** What a client wants to be done; see `Asked`. */
interface Wish<T extends MachineTypes> {
	readonly slot: number;
	readonly operation: Operation<T>;
	readonly isProbe: boolean;
	readonly settled: (isDone: boolean) => void;
}

export interface ClientCounts {
	invoked: number;
	done: number;
	failed: number;
}

export class SimulatedClient<T extends MachineTypes> {
	readonly id: number;
	/** Counts the clerks that this client has had. */
	life = 0;
	/** While it is, slots ask for one thing after the other. */
	isWorking = true;
	readonly counts: ClientCounts = {invoked: 0, done: 0, failed: 0};
	readonly #context: ClientContext<T>;
	readonly #source: OperationSource<T>;
	#clerk: ClerkCore<T>;
	#requests: RequestJudge<T>;
	#asked = new Map<number, Asked<T>>();
	/** Operations of the train that are not settled: a client has but one train at a time. */
	#trainLeft = 0;
	/** Until then it asks for nothing. */
	#silentUntil = 0;
	/** Of the slots, and behind them of the places in a train; grows when an outcome is lost: the process that waits for it waits for ever. */
	readonly #processes: number[];
	#lastId = 0;
	#timer = 0;
	#timerAt = Infinity;

	constructor(id: number, context: ClientContext<T>) {
		this.id = id;
		this.#context = context;
		this.#source = context.subject.newSource(id, context.random);
		this.#clerk = this.#newClerk();
		this.#requests = new RequestJudge(context.codec, context.subject, context.report);
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
	ask(operation: Operation<T>, patienceMs: number, settled: (isDone: boolean) => void): void {
		this.#ask({slot: 0, operation, isProbe: true, settled}, patienceMs, false);
		this.#flush();
	}

	/** Operations that must succeed when nothing is wrong. */
	probes(): readonly Operation<T>[] {
		return this.#source.probes(this.#nextCount());
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

	#nextCount(): number {
		this.counts.invoked += 1;
		return this.counts.invoked;
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
		const operation = this.#source.next(this.#nextCount(), wanted);
		const wish = {slot, operation, isProbe: false, settled};
		this.#ask(wish, isHasty ? random.float() * Math.min(patienceMs, patienceMsMax) : patienceMs, isHasty);
	}

	#ask({slot, operation, isProbe, settled}: Wish<T>, patienceMs: number, isHasty: boolean): void {
		const {answers, now} = this.#context;
		const clerkId = this.#clerk.submit(operation, {deadline: now() + patienceMs});
		this.#lastId += 1;
		const id = this.#lastId * 100 + this.id;
		const clerk = `${this.id}.${this.life}`;
		const process = `c${this.id}.${slot}${"'".repeat(this.#processes[slot] ?? 0)}`;
		const asked = {id, clerk, process, operation, isProbe, floor: answers.floor, slot, isHasty, settled};
		this.#asked.set(clerkId, asked);
		answers.asked(asked);
		if (operation.type === 'write') this.#requests.asked(id, operation.write);
	}

	/** What it waited for it will never know; its successor has another session. */
	#dieAndReturn(): void {
		const {answers, cancel} = this.#context;
		// With the client its connections are gone.
		cancel(this.id, this.life);
		for (const asked of this.#asked.values()) {
			answers.abandoned(asked);
			this.#processes[asked.slot] = (this.#processes[asked.slot] ?? 0) + 1;
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
		this.#requests = this.#newRequestJudge();
		this.#timerAt = Infinity;
		this.start();
	}

	#newRequestJudge(): RequestJudge<T> {
		const {codec, subject, report} = this.#context;
		return new RequestJudge(codec, subject, report);
	}

	#newClerk(): ClerkCore<T> {
		const {codec, subject, parameters, nodeCount, random} = this.#context;
		return new ClerkCore({
			codec,
			words: subject.machine.words,
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

	#settle(settlement: Settlement<T>): void {
		const asked = this.#asked.get(settlement.operationId);
		if (asked === undefined) return;
		this.#asked.delete(settlement.operationId);
		if (asked.operation.type === 'write') this.#requests.settled(asked.operation.write);
		this.#judge(asked, settlement);
		// Who is told that there is no memory has been served.
		asked.settled(settlement.type === 'done' || settlement.error.code === 'ERR_OUT_OF_MEMORY');
	}

	#judge(asked: Asked<T>, settlement: Settlement<T>): void {
		const {answers, coverage} = this.#context;
		if (settlement.type === 'done') {
			const {result} = settlement;
			this.counts.done += 1;
			answers.answered(asked, result);
			this.#source.learn(asked.operation, result);
			return;
		}
		this.counts.failed += 1;
		const isDenied = settlement.error.outcome === 'notExecuted';
		coverage.count(isDenied ? 'failure: not executed' : 'failure: unknown');
		if (isDenied) return answers.denied(asked);
		if (asked.isHasty) coverage.count('failure: unknown, given up soon');
		answers.lost(asked);
		this.#processes[asked.slot] = (this.#processes[asked.slot] ?? 0) + 1;
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
