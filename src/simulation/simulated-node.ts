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
import type {Input} from '../raft/effects.js';
import {RaftDriver} from '../raft/driver.js';
import {RaftNode, type RaftStatus} from '../raft/raft-node.js';
import type {TransferOutcome} from '../raft/transfer-outcome.js';
import {nodeId, type NodeId, type RaftMessage, type ServiceInput, type ServiceOutput} from '../raft/types.js';
import {StorageCorruptError} from '../storage/errors.js';
import {SimulatedDisk} from '../storage/simulated-disk.js';
import {WriteAheadLog} from '../storage/write-ahead-log.js';
import {withFirstTerm} from './first-term.js';
import {LifeJudge} from './life-judge.js';
import {isolated} from './network.js';
import {NodeClock} from '../faults/node-clock.js';
import type {Death, NodeContext, NodeService} from './node-context.js';
import {type Life, serviceDeadline, sliceOfService} from './node-life.js';
import {WatchedDisk} from './watched-disk.js';
import {WatchedStorage} from './watched-storage.js';

interface Doom {
	readonly strike: () => void;
	readonly isAfter: boolean;
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
			wallNow: this.#context.wallNow,
			send: output => this.#ifAlive(life, current => this.#tellRaft(current, output)),
			entries: (from, to) => raft.entries(from, to),
		});
		const driver = this.#newDriver(life, raft, storage);
		const judge = this.#newJudge();
		this.#current = {
			raft,
			driver,
			service,
			storage,
			judge,
			toService: [],
			toRaft: [],
			isTurnDue: false,
			hasFailed: false,
		};
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
			this.#failed(this.#newJudge(), error as Error);
			this.#context.failed(this.id, error as Error);
			return undefined;
		}
	}

	#fail(current: Life<Service>, error: Error): void {
		if (current.hasFailed) return;
		current.hasFailed = true;
		this.#context.logs.ended(this.id);
		this.#failed(current.judge, error);
		this.#context.failed(this.id, error);
	}

	#failed(judge: LifeJudge, error: Error): void {
		if (error instanceof StorageCorruptError) this.isCorrupt = true;
		judge.failed(error, {isDamaged: this.isDamaged, hasFailed: this.watchedDisk.hasFailed});
	}

	#newJudge(): LifeJudge {
		const {logs, report} = this.#context;
		return new LifeJudge(this.id, logs, report);
	}

	// ----------------------------------------------------------------------------------------------------- inputs

	message(from: number, message: RaftMessage): void {
		const current = this.#current;
		if (current === undefined) return;
		const before = this.#isPreVoteAlone(current, message) ? current.raft.status() : undefined;
		current.judge.heard(from, message);
		current.driver.deliver({type: 'message', from: nodeId(from), message: isolated(message)});
		this.#afterInput();
		if (before !== undefined) current.judge.tookPreVote(before, current.raft.status());
	}

	/** The node is told who has ended, or that nobody leads. */
	notice(notice: Extract<Input, {type: 'peerDown' | 'noLeader'}>): void {
		this.#current?.driver.deliver(notice);
		this.#afterInput();
	}

	/** Nothing else is taken in together with this request for a pre-vote. */
	#isPreVoteAlone(current: Life<Service>, message: RaftMessage): boolean {
		const isPreVote = message.type === 'requestVote' && message.preVote;
		return isPreVote && !current.isTurnDue && this.#context.parameters.turnMs === 0 && this.slowness === 1;
	}

	/** Somebody asks something of the service. */
	ask(action: (service: Service) => void): void {
		this.#runService(current => action(current.service));
		this.#afterInput();
	}

	/** Somebody wants another node to lead: see `RaftDriver`. A node that is down does not hear of it. */
	transferLeadership(to: number | undefined, settled: (outcome: TransferOutcome) => void): void {
		this.#current?.driver.transferLeadership(to === undefined ? undefined : nodeId(to), settled);
		this.#afterInput();
	}

	/** A timer goes off; one that has been set anew meanwhile does not count. */
	timer(timer: number): void {
		const current = this.#current;
		if (current === undefined || timer !== this.#timer) return;
		this.#timerAt = Infinity;
		const deadline = current.raft.nextDeadline();
		const isTickDue = this.#now() >= deadline;
		if (isTickDue) current.driver.deliver({type: 'tick'});
		else this.#arm(deadline);
		if (isTickDue || this.#now() >= serviceDeadline(current)) this.#afterInput();
		else this.#arm(serviceDeadline(current));
	}

	diskDone(callback: () => void): void {
		const {doom} = this;
		if (this.#current !== undefined) this.doom = undefined;
		if (doom?.isAfter === false && this.#current !== undefined) return doom.strike();
		callback();
		if (this.#current === undefined) return;
		this.#judge(this.#current, this.#current.raft.status());
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
		if (this.#current === undefined) return;
		this.#arm(this.#current.raft.nextDeadline());
		this.#arm(serviceDeadline(this.#current));
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
		if (!current.hasFailed) this.#arm(serviceDeadline(current));
		const status = current.raft.status();
		this.#judge(current, status);
		current.judge.judgeTerm(status);
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
		current.judge.serviceTold(output);
		current.toRaft.push(output);
	}

	#tellService(current: Life<Service>, input: ServiceInput): void {
		current.judge.tellsService(input);
		current.toService.push(input);
	}

	#judge(current: Life<Service>, status: RaftStatus): void {
		if (this.#current !== current || current.hasFailed) return;
		const {logs, served} = this.#context;
		logs.observed(this.id, status);
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
