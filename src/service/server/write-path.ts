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
import {LogClock} from './log-clock.js';
import type {OpenRequests, OpenWrite} from './open-requests.js';
import {Waiters} from './waiters.js';

/** Requests that were proposed together; `offset`: of the first among the proposal's commands. */
interface Proposal<T extends MachineTypes> {
	readonly requests: readonly OpenWrite<T>[];
	readonly offset: number;
}

/** A session is stamped with a log time that may be as old as its last move: so much earlier than its timeout it may end. */
const clockMovesPerTimeout = 8;

export interface WritePathOptions<T extends MachineTypes> {
	readonly state: ReplicatedState<T>;
	readonly limits: ServerLimits;
	readonly open: OpenRequests;
	readonly leadership: Leadership;
	/** See `ServerOptions`. */
	readonly now: () => Milliseconds;
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
	#turn: OpenWrite<T>[] = [];
	readonly #proposals = new NumberMap<Proposal<T>>();
	readonly #waiters = new Waiters<T>();
	#lastProposalId = 0;

	constructor({state, limits, open, leadership, now, send}: WritePathOptions<T>) {
		this.#commands = state.commands;
		this.#state = state;
		this.#limits = limits;
		this.#open = open;
		this.#leadership = leadership;
		this.#now = now;
		this.#send = send;
		this.#clock = new LogClock(Math.min(limits.clockIntervalMs, limits.sessionTimeoutMs / clockMovesPerTimeout));
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
		const request = {replyTo, byteLength: bytes.length, ...this.#withinMemory(command, bytes)};
		this.#open.add(request);
		this.#turn.push(request);
		return undefined;
	}

	/** Hands the turn's requests to the node. */
	flush(): void {
		if (this.#turn.length === 0) return;
		const requests = this.#turn.filter(request => this.#open.has(request));
		this.#turn = [];
		if (requests.length === 0) return;
		const time = this.#clock.due(this.#now(), this.#state.logTime);
		const clock = time === undefined ? undefined : this.#commands.encodeCommand({type: 'clock', logTime: time});
		let together: OpenWrite<T>[] = [];
		let bytes = 0;
		let isFirst = true;
		for (const [offset, request] of requests.entries()) {
			together.push(request);
			bytes += request.byteLength;
			const next = requests[offset + 1];
			if (next !== undefined && bytes + next.byteLength <= this.#limits.proposalBytesMax) continue;
			this.#propose(together, isFirst ? clock : undefined);
			together = [];
			bytes = 0;
			isFirst = false;
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
		switch (reason) {
			case 'notLeader':
			case 'stopped':
				return this.#open.settleAll(requests, {type: 'notLeader', leaderId});
			case 'uncommittedFull':
				return this.#open.settleAll(requests, refused('overloaded'));
			case 'entryTooLarge': {
				// One of them is to blame; each alone shows which.
				if (requests.length === 1) return this.#open.settleAll(requests, refused('tooLarge'));
				for (const request of requests) this.#propose([request], undefined);
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
		this.#clock.start(this.#now());
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
		if (command.type !== 'writes' || room >= bytes.length * machine.growthFactorMax) return {command, bytes};
		const fits = machine.fits(
			command.writes.map(({write}) => write),
			room,
		);
		if (fits.every(isFitting => isFitting)) return {command, bytes};
		const writes = command.writes.map((numbered, offset) =>
			fits[offset] === true ? numbered : {sequence: numbered.sequence, write: undefined},
		);
		const admitted = {...command, writes};
		return {command: admitted, bytes: this.#commands.encodeCommand(admitted)};
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
