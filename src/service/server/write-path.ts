/**
 * The way of a write through the server: in the turn, then in a proposal that the node has not answered, then with the
 * waiters for its index. A write that is not settled is in exactly one of these.
 *
 *     take ──▶ turn ── flush ──▶ proposal ── bind ──▶ waiter of this index ── deliver ──▶ reply
 */
import {unreachable} from '../../base/errors.js';
import {NumberMap} from '../../base/number-map.js';
import type {LogEntry, LogIndex, Milliseconds, NodeId, ProposalRefusal, ServiceOutput, Term} from '../../raft/types.js';
import type {CommandCodec} from '../command-codec.js';
import type {MachineTypes} from '../machine.js';
import type {ReplicatedState} from '../replicated-state.js';
import type {Command, Outcome, ServiceReply, ServiceRequest} from '../types.js';
import {admitWrite, refused} from './admission.js';
import type {Leadership} from './leadership.js';
import type {ServerLimits} from './limits.js';
import {LogClock, type Clocks} from './log-clock.js';
import type {OpenRequests, OpenWrite} from './open-requests.js';
import {Waiters} from './waiters.js';

/** Requests that were proposed together; `offset`: of the first among the proposal's commands. */
interface Proposal<T extends MachineTypes> {
	readonly requests: readonly OpenWrite<T>[];
	readonly offset: number;
}

/** A session is stamped with a log time that may be as old as its last move: so much earlier than its timeout it may end. */
const clockMovesPerTimeout = 8;
/** Without a write or a read that needs it, wall time is told no more often: what is over is deleted in as many parts. */
const timeIntervalMs = 10;
/** A wall clock that is set is looked at so often, as long as there are deadlines. */
const lookIntervalMs = 1000;

export interface WritePathOptions<T extends MachineTypes> {
	readonly state: ReplicatedState<T>;
	readonly limits: ServerLimits;
	readonly open: OpenRequests;
	readonly leadership: Leadership;
	/** See `ServerOptions`. */
	readonly clocks: Clocks;
	readonly send: (output: ServiceOutput) => void;
}

export class WritePath<T extends MachineTypes> {
	readonly #commands: CommandCodec<T>;
	readonly #state: ReplicatedState<T>;
	readonly #limits: ServerLimits;
	readonly #open: OpenRequests;
	readonly #leadership: Leadership;
	readonly #now: () => Milliseconds;
	readonly #send: (output: ServiceOutput) => void;
	readonly #clock: LogClock;
	/** The wall time that this leader proposed last, and when: perhaps not applied yet. */
	#toldWallTime: Milliseconds = 0;
	#toldAt: Milliseconds = -Infinity;
	#turn: OpenWrite<T>[] = [];
	readonly #proposals = new NumberMap<Proposal<T>>();
	readonly #waiters = new Waiters<T>();
	#lastProposalId = 0;

	constructor({state, limits, open, leadership, clocks, send}: WritePathOptions<T>) {
		this.#commands = state.commands;
		this.#state = state;
		this.#limits = limits;
		this.#open = open;
		this.#leadership = leadership;
		this.#now = clocks.now;
		this.#send = send;
		this.#clock = new LogClock(
			clocks,
			Math.min(limits.clockIntervalMs, limits.sessionTimeoutMs / clockMovesPerTimeout),
		);
	}

	/** No write is on its way between this server and its log. */
	get isIdle(): boolean {
		return this.#proposals.size === 0 && this.#waiters.isEmpty;
	}

	/** A client's request; the answer, if it can be given at once. */
	take(replyTo: number, {command: bytes}: Extract<ServiceRequest, {type: 'write'}>): ServiceReply | undefined {
		if (!this.#leadership.isOurs) return this.#leadership.notLeader();
		const admitted = admitWrite(this.#commands, this.#limits, bytes);
		if (admitted.type === 'refused') return admitted;
		const {command} = admitted;
		// If all of it are repeats that this replica has applied, the log need not carry them again. What has been applied has
		// been committed, so the answer is right whoever leads now.
		const known = command.type === 'writes' ? this.#state.keptOf(command) : undefined;
		if (known !== undefined) return {type: 'outcomes', outcomes: this.#commands.encodeOutcomes(known)};
		if (!this.#open.hasRoomFor(bytes.length)) return refused('overloaded');
		const isTimed = command.type === 'writes' && this.#isTimed(command);
		const fitting = this.#withinMemory(command, bytes);
		const request = {replyTo, byteLength: bytes.length, isTimed, command: fitting.command, bytes: fitting.bytes};
		this.#open.add(request);
		this.#turn.push(request);
		return undefined;
	}

	/** The leader's wall time, Unix ms: never behind the log's, nor behind what this leader told before. */
	wallTime(): Milliseconds {
		return this.#clock.wallTime(this.#state.wallTime);
	}

	/** When to call `flush` though nobody asks for anything, by the server's clock: a deadline is over then. Infinity: never. */
	nextDeadline(): Milliseconds {
		const deadline = this.#leadership.isOurs ? this.#nextDueTime() : Infinity;
		// What is under way is told by what is applied next.
		if (deadline === Infinity || this.#isTimeUnderWay) return Infinity;
		const waitMs = Math.min(Math.max(0, deadline - this.wallTime()), lookIntervalMs);
		return Math.max(this.#now() + waitMs, this.#toldAt + timeIntervalMs);
	}

	/** Sees to it that the log's wall time reaches this, which the leader's clock has reached. */
	tellTime(wallTime: Milliseconds): void {
		if (wallTime > this.#toldWallTime) this.#propose([], this.#clockCommand(true));
	}

	/** Hands the turn's requests to the node, and the time where that is due. */
	flush(): void {
		if (this.#turn.length === 0) {
			if (this.#nextDueTime() < Infinity) this.#tellDueTime();
			return;
		}
		const requests = this.#turn.filter(request => this.#open.has(request));
		this.#turn = [];
		if (requests.length === 0) return;
		const isTimeDue = this.#isDue(this.#nextDueTime());
		const logTime = this.#clock.due(this.#state.logTime);
		const needsTime = isTimeDue || requests.some(({isTimed}) => isTimed);
		const clock = logTime === undefined && !needsTime ? undefined : this.#clockCommand(needsTime, logTime);
		let isTimed = isTimeDue || logTime !== undefined;
		let together: OpenWrite<T>[] = [];
		let bytes = 0;
		for (const [offset, request] of requests.entries()) {
			together.push(request);
			bytes += request.byteLength;
			isTimed ||= request.isTimed;
			const next = requests[offset + 1];
			if (next !== undefined && bytes + next.byteLength <= this.#limits.proposalBytesMax) continue;
			this.#propose(together, isTimed ? clock : undefined);
			together = [];
			bytes = 0;
			isTimed = false;
		}
	}

	/** The node has taken a proposal in. Waiters are bound here, before any of these indexes can be applied. */
	bind(proposalId: number, firstIndex: LogIndex, term: Term): void {
		const proposal = this.#proposals.get(proposalId);
		if (proposal === undefined) return;
		this.#proposals.delete(proposalId);
		const {requests, offset} = proposal;
		let index = firstIndex + offset;
		for (const request of requests) {
			this.#waiters.add(request, index, term);
			index += 1;
		}
	}

	/** The node has not taken a proposal in. */
	refused(proposalId: number, reason: ProposalRefusal, leaderId: NodeId | undefined): void {
		const proposal = this.#proposals.get(proposalId);
		if (proposal === undefined) return;
		this.#proposals.delete(proposalId);
		const {requests} = proposal;
		// It may have told the time.
		this.#toldWallTime = 0;
		switch (reason) {
			case 'notLeader':
			case 'transferring':
			case 'stopped':
				return this.#open.settleAll(requests, {type: 'notLeader', leaderId});
			case 'uncommittedFull':
				return this.#open.settleAll(requests, refused('overloaded'));
			case 'entryTooLarge': {
				// One of them is to blame; each alone shows which.
				if (requests.length === 1) return this.#open.settleAll(requests, refused('tooLarge'));
				for (const request of requests)
					this.#propose([request], request.isTimed ? this.#clockCommand(true) : undefined);
				return;
			}
			default:
				return unreachable(reason);
		}
	}

	/** The command at this entry, if somebody waits for it. */
	commandOf(entry: LogEntry): Command<T> | undefined {
		return this.#waiters.commandOf(entry);
	}

	/** This entry is applied. */
	deliver(entry: LogEntry, outcomes: readonly Outcome<T>[] | undefined): void {
		const delivery = this.#waiters.deliver(entry, outcomes);
		if (delivery === undefined) return;
		switch (delivery.type) {
			case 'complete': {
				// Encoded only for somebody who waits.
				if (!this.#open.has(delivery.request)) return;
				const reply = {type: 'outcomes', outcomes: this.#commands.encodeOutcomes(delivery.outcomes)} as const;
				return this.#open.settle(delivery.request, reply);
			}
			case 'replaced':
				return this.#open.settle(delivery.request, this.#leadership.notLeader());
			default:
				return unreachable(delivery);
		}
	}

	/** A snapshot takes the place of the log up to here: what became of these writes is not to be learnt any more. */
	passOver(index: LogIndex): void {
		this.#open.settleAll(this.#waiters.takeThrough(index), this.#leadership.unknown());
	}

	/** This node leads from now on. */
	startLeading(): void {
		this.#clock.start();
		this.#toldWallTime = 0;
		this.#toldAt = -Infinity;
	}

	/** Only what never reached the node is certain not to run; the rest is in some log, perhaps to be committed by another. */
	giveUp(): void {
		const unknown = this.#leadership.unknown();
		const proposals = [...this.#proposals];
		const turn = this.#turn;
		this.#proposals.clear();
		this.#turn = [];
		this.#open.settleAll(this.#waiters.takeAll(), unknown);
		for (const [, {requests}] of proposals) this.#open.settleAll(requests, unknown);
		this.#open.settleAll(turn, this.#leadership.notLeader());
	}

	/** The command, with a refusal in the place of each write that there is no memory for. */
	#withinMemory(command: Command<T>, bytes: Uint8Array): {readonly command: Command<T>; readonly bytes: Uint8Array} {
		const {machine} = this.#state;
		// What is under way counts as if it were applied.
		const room = this.#limits.stateBytesMax - machine.byteLength - this.#open.byteLength;
		if (command.type !== 'writes' || room === Infinity) return {command, bytes};
		const isBounded = !command.writes.some(
			({write}) => write !== undefined && machine.growsWithState?.(write) === true,
		);
		if (isBounded && room >= bytes.length * machine.growthFactorMax) return {command, bytes};
		const fits = machine.fits(
			command.writes.map(({write}) => write),
			room,
		);
		if (fits.every(isFitting => isFitting)) return {command, bytes};
		const writes = command.writes.map((numbered, offset) =>
			fits[offset] === true ? numbered : {sequence: numbered.sequence, write: undefined},
		);
		const {type, session, acknowledged, after} = command;
		const admitted = {type, session, acknowledged, after, writes};
		return {command: admitted, bytes: this.#commands.encodeCommand(admitted)};
	}

	get #isTimeUnderWay(): boolean {
		return this.#state.wallTime < this.#toldWallTime;
	}

	#isTimed({writes}: Extract<Command<T>, {type: 'writes'}>): boolean {
		const {words} = this.#commands;
		return (
			words.isTimed !== undefined && writes.some(({write}) => write !== undefined && words.isTimed?.(write) === true)
		);
	}

	/** When the state changes by itself next, Unix ms. */
	#nextDueTime(): Milliseconds {
		return this.#state.machine.timed?.nextDeadline() ?? Infinity;
	}

	/** Whether a deadline is over by the leader's clock, and the log has not been told. */
	#isDue(deadline: Milliseconds): boolean {
		return deadline < Infinity && deadline > this.#toldWallTime && deadline <= this.wallTime();
	}

	/** Also again, where not all that was over is deleted yet. */
	#tellDueTime(): void {
		if (!this.#leadership.isOurs || this.#isTimeUnderWay) return;
		if (this.#now() < this.#toldAt + timeIntervalMs || this.#nextDueTime() > this.wallTime()) return;
		this.#propose([], this.#clockCommand(true));
	}

	/** Wall time is told only where it is needed: no state that has no deadline depends on it. */
	#clockCommand(tellsWallTime: boolean, logTime = this.#clock.logTime(this.#state.logTime)): Uint8Array {
		const wallTime = tellsWallTime || this.#nextDueTime() < Infinity ? this.wallTime() : 0;
		if (wallTime > 0) {
			this.#toldWallTime = wallTime;
			this.#toldAt = this.#now();
		}
		return this.#commands.encodeCommand({type: 'clock', logTime, wallTime});
	}

	#propose(requests: readonly OpenWrite<T>[], clock: Uint8Array | undefined): void {
		const commands = requests.map(({bytes}) => bytes);
		if (clock !== undefined) commands.unshift(clock);
		this.#lastProposalId += 1;
		const proposalId = this.#lastProposalId;
		// Before it is sent: the node may answer, and even apply, before `send` returns.
		this.#proposals.set(proposalId, {requests, offset: commands.length - requests.length});
		this.#send({type: 'propose', proposalId, commands});
	}
}
