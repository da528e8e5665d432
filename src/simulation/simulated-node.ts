/**
 * One node of a simulated cluster: the real core, driver, write-ahead log and service, on a simulated disk and clock. The
 * service is the KV server, or another in its place.
 *
 *      messages ──▶ inbox ──┐                    ┌── slices
 *      timers ──────────────┼──▶ turn ──▶ driver ⇄ service
 *      disk completions ────┘
 *
 * What comes in waits for the node's next turn, as in the real node's mailbox; a paused node takes no turn.
 */
import type {Random} from '../base/random.js';
import {RaftDriver} from '../raft/driver.js';
import {InvariantError} from '../base/errors.js';
import {RaftNode, type RaftStatus} from '../raft/raft-node.js';
import {
	nodeId,
	term,
	type InstallSnapshot,
	type LogEntry,
	type LogIndex,
	type NodeId,
	type PersistentState,
	type RaftMessage,
	type ServiceInput,
	type ServiceOutput,
} from '../raft/types.js';
import {StorageCorruptError} from '../storage/errors.js';
import {SimulatedDisk} from '../storage/simulated-disk.js';
import type {Unsynced} from '../storage/simulated-file.js';
import {WriteAheadLog} from '../storage/write-ahead-log.js';
import type {Schedule} from './events.js';
import type {LogJudge} from './log-judge.js';
import {NodeClock} from './node-clock.js';
import type {SimulationParameters} from './parameters.js';
import type {Report} from './violation.js';
import {WatchedDisk} from './watched-disk.js';
import {WatchedStorage} from './watched-storage.js';

/** How a node dies: its process alone, or its machine, and then what no sync covered is lost, or may be. */
export type Death = 'process' | Unsynced;

/** What the node's driver asks of whatever it replicates for. */
export interface NodeService {
	handle(input: ServiceInput): void;
	/** Does a part of its work; answers whether some is left. */
	slice(): boolean;
	/** The end of a turn; answers whether work is left for `slice`. */
	flush(): boolean;
}

/** What a service is given by its node, for one life. */
export interface ServiceTools {
	readonly node: number;
	/** The node's clock. */
	readonly now: () => number;
	readonly send: (output: ServiceOutput) => void;
	/** The node's log, `[from, to)`, as far as it is in memory. */
	readonly entries: (from: LogIndex, to: LogIndex) => readonly LogEntry[];
}

export type NodeParameters = Pick<
	SimulationParameters,
	| 'raft'
	| 'maxRaftState'
	| 'installChunkBytes'
	| 'segmentBytes'
	| 'preallocateBytes'
	| 'diskWriteMs'
	| 'diskSyncMs'
	| 'turnMs'
	| 'sliceMs'
	| 'isServiceApart'
> &
	Partial<Pick<SimulationParameters, 'firstTerm'>>;

export interface NodeContext<Service extends NodeService> {
	readonly parameters: NodeParameters;
	readonly nodeCount: number;
	readonly random: Random;
	readonly logs: LogJudge;
	readonly report: Report;
	readonly now: () => number;
	readonly schedule: Schedule;
	readonly send: (from: number, to: number, message: RaftMessage) => void;
	readonly newService: (tools: ServiceTools) => Service;
	/** After each turn, to be judged. */
	readonly served: (node: number, service: Service) => void;
	/** The node has stopped by itself. */
	readonly failed: (node: number, error: Error) => void;
}

interface Doom {
	readonly strike: () => void;
	readonly isAfter: boolean;
}

/** What lives from a start to the next crash. */
interface Life<Service> {
	readonly raft: RaftNode;
	readonly driver: RaftDriver;
	readonly service: Service;
	readonly storage: WatchedStorage;
	/** From the node to its service, and back: each takes the other's words at its next turn. */
	readonly toService: ServiceInput[];
	readonly toRaft: ServiceOutput[];
	appliedIndex: number;
	/** The newest term that it was told of by what makes everyone adopt it. */
	toldTerm: number;
	/** By read: what was committed, anywhere, when the service asked for it. */
	readonly reads: Map<number, number>;
	/** A turn is to come. */
	isTurnDue: boolean;
	hasFailed: boolean;
}

export class SimulatedNode<Service extends NodeService> {
	readonly id: number;
	readonly disk: SimulatedDisk;
	readonly watchedDisk: WatchedDisk;
	/** Counts starts: an event of an earlier life means nothing. */
	life = 0;
	/** Its stored data has been damaged: it may refuse to start. */
	isDamaged = false;
	/** It found damage, and stays down until somebody repairs its disk. */
	isCorrupt = false;
	/** It dies when its disk next has something to tell: before it hears of it, or right after. */
	doom: Doom | undefined;
	/** Stands still until then. */
	pausedUntil = 0;
	/** How many times as long everything takes. */
	slowness = 1;
	/** Timers go off so much too late. */
	timerSkewMs = 0;
	clock: NodeClock;
	/** When somebody last tampered with its clock. */
	disturbedAt = -Infinity;
	readonly #context: NodeContext<Service>;
	readonly #initialConfiguration: {readonly voters: readonly NodeId[]; readonly learners: readonly NodeId[]};
	#current: Life<Service> | undefined;
	#timer = 0;
	#timerAt = Infinity;

	constructor(id: number, context: NodeContext<Service>) {
		this.id = id;
		this.#context = context;
		const {random, now, schedule, parameters} = context;
		this.disk = new SimulatedDisk({
			random: () => random.float(),
			schedule: (delayMs, callback) => schedule(delayMs ?? 0, {type: 'disk', node: id, life: this.life, callback}),
		});
		this.disk.faults.writeLatencyMs = parameters.diskWriteMs;
		this.disk.faults.syncLatencyMs = parameters.diskSyncMs;
		this.watchedDisk = new WatchedDisk(this.disk, () => random.float());
		this.clock = this.#newClock(now());
		const voters = Array.from({length: context.nodeCount}, (_, node) => nodeId(node));
		this.#initialConfiguration = {voters, learners: []};
	}

	get isUp(): boolean {
		return this.#current !== undefined;
	}

	get status(): RaftStatus | undefined {
		return this.#current?.raft.status();
	}

	get service(): Service | undefined {
		return this.#current?.service;
	}

	/** Bytes of the current snapshot; 0 where there is none. */
	get snapshotBytes(): number {
		return this.#current?.driver.snapshotBytes ?? 0;
	}

	// -------------------------------------------------------------------------------------------- life and death

	/** Starts from what is on the disk; it may fail at once. */
	start(): void {
		const {parameters, logs, now, random, newService} = this.#context;
		this.life += 1;
		this.clock = this.#newClock(now());
		this.watchedDisk.hasFailed = false;
		const life = this.life;
		const storage = this.#openStorage();
		const loaded = this.#guardStart(() => storage.load());
		if (loaded === undefined) return;
		logs.loaded(this.id, loaded);
		const state = withFirstTerm(loaded, parameters.firstTerm ?? 0);
		const options = {
			id: nodeId(this.id),
			initialConfiguration: this.#initialConfiguration,
			random: () => random.float(),
			limits: parameters.raft,
		};
		const raft = this.#guardStart(() => new RaftNode(options, state, this.#now()));
		if (raft === undefined) return;
		const service = newService({
			node: this.id,
			now: () => this.#now(),
			send: output => this.#ifAlive(life, current => this.#tellRaft(current, output)),
			entries: (from, to) => raft.entries(from, to),
		});
		const driver = this.#newDriver(life, raft, storage);
		const begun = {raft, driver, service, storage, toService: [], toRaft: [], isTurnDue: false, hasFailed: false};
		this.#current = {...begun, appliedIndex: 0, toldTerm: 0, reads: new Map()};
		driver.start();
		this.#afterInput();
	}

	#openStorage(): WatchedStorage {
		const {parameters, logs, report} = this.#context;
		const {segmentBytes, preallocateBytes} = parameters;
		const log = new WriteAheadLog({disk: this.watchedDisk, segmentBytes, preallocateBytes});
		return new WatchedStorage(log, {
			handedOver: batch => logs.handedOver(this.id, batch),
			acknowledgedTwice: () => report('oneAnswer', `the storage of node ${this.id} acknowledges a batch again`),
			acknowledged: () => {
				logs.durable(this.id);
				if (this.watchedDisk.hasFailed) {
					report('poison', `the storage of node ${this.id} acknowledged a batch after its disk had failed`);
				}
			},
		});
	}

	#newDriver(life: number, raft: RaftNode, storage: WatchedStorage): RaftDriver {
		const {parameters, logs, send} = this.#context;
		return new RaftDriver({
			node: raft,
			storage,
			now: () => this.#now(),
			send: (to, message) => {
				logs.sent(this.id, to, message);
				send(this.id, to, message);
			},
			service: input => this.#ifAlive(life, current => this.#tellService(current, input)),
			schedule: deadline => this.#arm(deadline),
			failed: error => this.#ifAlive(life, current => this.#fail(current, error)),
			maxRaftState: parameters.maxRaftState,
			snapshotChunkBytes: parameters.installChunkBytes,
		});
	}

	/** Ends this life at once. Nothing is said to anybody. */
	crash(death: Death): void {
		const current = this.#current;
		this.#current = undefined;
		this.life += 1;
		this.doom = undefined;
		this.#timerAt = Infinity;
		this.pausedUntil = 0;
		current?.driver.stop();
		this.#context.logs.ended(this.id);
		if (death === 'process') this.disk.killProcess();
		else this.disk.cutPower(death);
	}

	#guardStart<Result>(action: () => Result): Result | undefined {
		try {
			return action();
		} catch (error) {
			this.disk.killProcess();
			this.life += 1;
			this.#judgeFailure(error as Error);
			this.#context.failed(this.id, error as Error);
			return undefined;
		}
	}

	#fail(current: Life<Service>, error: Error): void {
		if (current.hasFailed) return;
		current.hasFailed = true;
		this.#context.logs.ended(this.id);
		this.#judgeFailure(error);
		this.#context.failed(this.id, error);
	}

	/** A node stops for a fault of its disk, and for nothing else. */
	#judgeFailure(error: Error): void {
		const {report} = this.#context;
		const told = `node ${this.id}: ${error.message}`;
		if (error instanceof StorageCorruptError) {
			this.isCorrupt = true;
			if (!this.isDamaged) report('detection', `${told} -- and nothing was damaged`);
		} else if (error instanceof InvariantError || !this.watchedDisk.hasFailed) {
			report('noCrash', error instanceof InvariantError ? told : `${told} ${error.stack}`);
		}
	}

	// ----------------------------------------------------------------------------------------------------- inputs

	message(from: number, message: RaftMessage): void {
		const current = this.#current;
		if (current === undefined) return;
		const before = this.#isPreVoteAlone(current, message) ? current.raft.status() : undefined;
		this.#context.logs.heard(this.id, from, message);
		if (movesTerm(message)) current.toldTerm = Math.max(current.toldTerm, message.term);
		current.driver.deliver({type: 'message', from: nodeId(from), message: isolated(message)});
		this.#afterInput();
		if (before !== undefined) this.#judgePreVote(before, current.raft.status());
	}

	/** Nothing else is taken in together with this request for a pre-vote. */
	#isPreVoteAlone(current: Life<Service>, message: RaftMessage): boolean {
		const isPreVote = message.type === 'requestVote' && message.preVote;
		return isPreVote && !current.isTurnDue && this.#context.parameters.turnMs === 0 && this.slowness === 1;
	}

	#judgePreVote(before: RaftStatus, after: RaftStatus): void {
		if (before.currentTerm === after.currentTerm && before.votedFor === after.votedFor) return;
		const change = `from term ${before.currentTerm} to ${after.currentTerm}, vote ${before.votedFor} to ${after.votedFor}`;
		this.#context.report('preVoteIsIdle', `a request for a pre-vote took node ${this.id} ${change}`);
	}

	/** §5.1: whoever hears of a newer term, in a request or in an answer, is of that term from then on. */
	#judgeTerm({raft, toldTerm}: Life<Service>): void {
		const {currentTerm} = raft.status();
		if (currentTerm >= toldTerm) return;
		this.#context.report('newerTerm', `node ${this.id} was told of term ${toldTerm} and stays in ${currentTerm}`);
	}

	/** Somebody asks something of the service. */
	ask(action: (service: Service) => void): void {
		this.#runService(current => action(current.service));
		this.#afterInput();
	}

	/** A timer goes off; one that has been set anew meanwhile does not count. */
	timer(timer: number): void {
		const current = this.#current;
		if (current === undefined || timer !== this.#timer) return;
		this.#timerAt = Infinity;
		const deadline = current.raft.nextDeadline();
		if (this.#now() < deadline) return this.#arm(deadline);
		current.driver.deliver({type: 'tick'});
		this.#afterInput();
	}

	diskDone(callback: () => void): void {
		const {doom} = this;
		if (this.#current !== undefined) this.doom = undefined;
		if (doom?.isAfter === false && this.#current !== undefined) return doom.strike();
		callback();
		if (this.#current === undefined) return;
		this.#judge(this.#current);
		if (doom === undefined) this.#afterInput();
		else doom.strike();
	}

	turn(): void {
		const current = this.#current;
		if (current === undefined) return;
		current.isTurnDue = false;
		this.#takeTurn(current);
	}

	/** The clock has been tampered with: the timer is set anew. */
	clockChanged(): void {
		this.disturbedAt = this.#context.now();
		this.#timerAt = Infinity;
		if (this.#current !== undefined) this.#arm(this.#current.raft.nextDeadline());
	}

	// ------------------------------------------------------------------------------------------------------ turns

	#afterInput(): void {
		const current = this.#current;
		if (current === undefined || current.isTurnDue) return;
		const {turnMs} = this.#context.parameters;
		if (turnMs === 0 && this.slowness === 1) this.#takeTurn(current);
		else this.#scheduleTurn(current, Math.max(turnMs, 0.02) * this.slowness);
	}

	#scheduleTurn(current: Life<Service>, delayMs: number): void {
		current.isTurnDue = true;
		this.#context.schedule(delayMs, {type: 'turn', node: this.id, life: this.life});
	}

	/** The node, then its service, as two actors on one thread take turns; what is left waits for the next. */
	#takeTurn(current: Life<Service>): void {
		const {isServiceApart, sliceMs} = this.#context.parameters;
		let isWorkLeft = false;
		do {
			// Most turns have nothing to hand over: not even an empty list is made for them.
			if (current.toRaft.length > 0) for (const output of current.toRaft.splice(0)) current.driver.fromService(output);
			current.driver.flush();
			if (current.hasFailed) return;
			isWorkLeft = this.#serviceTurn();
			if (this.slowness > 1 || isServiceApart) break;
		} while (current.toRaft.length > 0 || current.toService.length > 0);
		this.#judge(current);
		this.#judgeTerm(current);
		if (this.#current !== current || current.hasFailed) return;
		if (isWorkLeft || current.toRaft.length > 0 || current.toService.length > 0) {
			this.#scheduleTurn(current, sliceMs * this.slowness);
		}
	}

	#serviceTurn(): boolean {
		return this.#runService(sliceOfService) ?? false;
	}

	/** The service has no guard of its own: what it throws ends its thread, and with it the node. */
	#runService<Result>(action: (current: Life<Service>) => Result): Result | undefined {
		const current = this.#current;
		if (current === undefined || current.hasFailed) return undefined;
		try {
			return action(current);
		} catch (error) {
			current.driver.stop();
			this.#fail(current, error as Error);
			return undefined;
		}
	}

	#tellRaft(current: Life<Service>, output: ServiceOutput): void {
		if (output.type === 'read') current.reads.set(output.readId, this.#context.logs.committedIndex);
		current.toRaft.push(output);
	}

	#judgeReadIndex(current: Life<Service>, readId: number, readIndex: number): void {
		const committed = current.reads.get(readId) ?? 0;
		current.reads.delete(readId);
		if (readIndex >= committed) return;
		const detail = `node ${this.id} reads at index ${readIndex}`;
		this.#context.report('readIndex', `${detail}, though ${committed} was committed when the read was asked for`);
	}

	#tellService(current: Life<Service>, input: ServiceInput): void {
		if (input.type === 'readReady') this.#judgeReadIndex(current, input.readId, input.readIndex);
		if (input.type === 'apply') {
			this.#context.logs.applies(this.id, input.entries, current.appliedIndex);
			current.appliedIndex = input.entries.at(-1)?.index ?? current.appliedIndex;
		} else if (input.type === 'installSnapshot') {
			current.appliedIndex = input.snapshot.lastIncludedIndex;
		}
		current.toService.push(input);
	}

	#judge(current: Life<Service>): void {
		if (this.#current !== current || current.hasFailed) return;
		const {logs, served} = this.#context;
		logs.observed(this.id, current.raft.status());
		served(this.id, current.service);
	}

	// ------------------------------------------------------------------------------------------------------- time

	#now(): number {
		return this.clock.read(this.#context.now());
	}

	/** Deadlines mostly move away: a timer is only ever set earlier, and looks again when it goes off. */
	#arm(deadline: number): void {
		if (deadline >= this.#timerAt) return;
		const {now, schedule} = this.#context;
		this.#timerAt = deadline;
		this.#timer += 1;
		const delayMs = Math.max(0, this.clock.moment(deadline) - now()) + this.timerSkewMs;
		if (delayMs === Infinity) return;
		// A hundredth of a millisecond late: a moment that was rounded down would find the deadline not yet reached.
		schedule(delayMs + 0.01, {type: 'timer', node: this.id, life: this.life, timer: this.#timer});
	}

	#newClock(now: number): NodeClock {
		return new NodeClock(this.#context.random.float() * 1e6, now);
	}

	#ifAlive(life: number, action: (current: Life<Service>) => void): void {
		if (this.life === life && this.#current !== undefined) action(this.#current);
	}
}

/** A disk on which nothing was ever stored stands for one on which this term was. */
function withFirstTerm(state: PersistentState, firstTerm: number): PersistentState {
	if (state.hardState.currentTerm > 0 || firstTerm === 0) return state;
	return {...state, hardState: {currentTerm: term(firstTerm), votedFor: undefined}};
}

/** All but requests for votes, which a fresh leader shields from (§4.2.3), and the terms that pre-votes only speak of. */
function movesTerm(message: RaftMessage): boolean {
	if (message.type === 'requestVote') return false;
	return message.type !== 'requestVoteReply' || !message.preVote || !message.voteGranted;
}

/** `true`: there is more to do. */
function sliceOfService({service, toService}: Life<NodeService>): boolean {
	if (toService.length > 0) for (const input of toService.splice(0)) service.handle(input);
	const isMore = service.slice();
	return service.flush() || isMore;
}

/** What goes to another thread is cloned; only of this message is the identity of a part ever looked at. */
function isolated(message: RaftMessage): RaftMessage {
	if (message.type !== 'installSnapshot') return message;
	return {...message, snapshot: {...message.snapshot}} satisfies InstallSnapshot;
}
