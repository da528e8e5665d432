/**
 * The server's core: stands between the clients' requests and the node's log.
 *
 *     clerks ── request ──▶ turn ── flush: one proposal, one read ──▶ node
 *        ▲                                                             │
 *        └── reply ◀── waiter of this index ◀── state machine ◀── apply┘
 *
 * It never waits and owns no thread: the host calls `request` and `handle` as things come in, `flush` at the end of each
 * turn, and `slice` as long as that returns `true`.
 */
import {unreachable} from '../base/errors.js';
import {
	type LogEntry,
	type LogIndex,
	type Milliseconds,
	type NodeId,
	type ProposalRefusal,
	type Role,
	type ServiceInput,
	type ServiceOutput,
	type Term,
} from '../raft/types.js';
import {admitRead, admitWrite, refused, type AdmissionLimits} from './admission.js';
import {LogClock} from './log-clock.js';
import {OpenRequests, type OpenLimits, type OpenRead, type OpenWrite} from './open-requests.js';
import {NumberMap} from '../base/number-map.js';
import {Queue} from '../base/queue.js';
import {ReadBatches} from './read-batches.js';
import {Applier, type SliceLimits, type SlicedInput} from './applier.js';
import type {CommandCodec} from './command-codec.js';
import type {Machine, MachineTypes, Place} from './machine.js';
import {ReplicatedState} from './replicated-state.js';
import {defaultSessionLimits, type SessionLimits} from './sessions.js';
import type {Codec} from '../base/codec.js';
import {barrier, type Command, type Kept, type Outcome, type ServiceReply, type ServiceRequest} from './types.js';
import {Waiters} from './waiters.js';

/** What a server takes, keeps and does at a time, at most. */
export interface ServerLimits extends SessionLimits, AdmissionLimits, OpenLimits, SliceLimits {
	/** Bytes of results in the reply to one read request; the clerk then asks for each alone. @default 8388608 (8 MiB) */
	readonly readBytesMax: number;
	/** Bytes of answers that are prepared while a quorum is asked; the one that exceeds them is the last. @default 1048576 (1 MiB) */
	readonly preparedBytesMax: number;
	/** Requests of one turn are proposed together up to this many bytes. @default 1048576 (1 MiB) */
	readonly proposalBytesMax: number;
	/** Bytes of the machine's state, as it counts them; a write that would exceed them is answered with `outOfMemory`. @default Infinity */
	readonly stateBytesMax: number;
	/** How often log time moves while there are writes, ms; more often where sessions expire soon. @default 1000 */
	readonly clockIntervalMs: Milliseconds;
}

export const defaultServerLimits: ServerLimits = {
	...defaultSessionLimits,
	pendingRequestsMax: 16_384,
	pendingBytesMax: 64 * 2 ** 20,
	sliceOperationsMax: 256,
	sliceBytesMax: 256 * 1024,
	snapshotChunkBytes: 64 * 1024,
	requestBytesMax: 4 * 2 ** 20,
	requestOperationsMax: 4096,
	commandBytesMax: 1.5 * 2 ** 20,
	readBytesMax: 8 * 2 ** 20,
	preparedBytesMax: 2 ** 20,
	proposalBytesMax: 2 ** 20,
	stateBytesMax: Infinity,
	clockIntervalMs: 1000,
};

export interface ServerOptions<T extends MachineTypes> {
	readonly codec: Codec;
	readonly machine: Machine<T>;
	/** A clock that never goes back. */
	readonly now: () => Milliseconds;
	/** To the node. May call `handle` before it returns. */
	readonly send: (output: ServiceOutput) => void;
	/** To the client that `replyTo` stands for; called exactly once for each request that is not cancelled. */
	readonly reply: (replyTo: number, reply: ServiceReply) => void;
	/** See `ReplicatedStateOptions`. */
	readonly effect?: (effect: T['effect'], place: Place<T>) => void;
	readonly limits?: Partial<ServerLimits>;
}

/** Requests that were proposed together; `offset`: the place of the first among the proposal's commands. */
interface Proposal<T extends MachineTypes> {
	readonly requests: readonly OpenWrite<T>[];
	readonly offset: number;
}

/** A session is stamped with a log time that may be as old as its last move: so much earlier than its timeout it may end. */
const clockMovesPerTimeout = 8;

/** What is taken in strictly in the order in which the node told it. */
type OrderedInput = Exclude<ServiceInput, {type: 'snapshotChunkStored'}>;

function isSliced(input: OrderedInput): input is SlicedInput {
	const {type} = input;
	return type === 'apply' || type === 'takeSnapshot' || type === 'installSnapshot' || type === 'installChunk';
}

export class ServiceServer<T extends MachineTypes = MachineTypes> {
	readonly #commands: CommandCodec<T>;
	readonly #now: () => Milliseconds;
	readonly #send: (output: ServiceOutput) => void;
	readonly #reply: (replyTo: number, reply: ServiceReply) => void;
	readonly #limits: ServerLimits;
	readonly #state: ReplicatedState<T>;
	readonly #applier: Applier<T>;
	readonly #clock: LogClock;
	readonly #open: OpenRequests;

	// Where a pending request is: in the turn, then in a proposal or read that the node has not answered, then with the
	// waiters for its index. Exactly one of these, and none once it is settled.
	#turnWrites: OpenWrite<T>[] = [];
	#turnReads: OpenRead<T>[] = [];
	readonly #proposals = new NumberMap<Proposal<T>>();
	readonly #waiters = new Waiters<T>();
	readonly #reads: ReadBatches<T>;
	/** Of the newest reads, until their answers are prepared or need not be. */
	#readToPrepare: number | undefined;

	/** What the node told and is not yet taken in: one order for everything, as the node's own. */
	readonly #inbox = new Queue<OrderedInput>();
	#isTakingIn = false;
	#isChunkNext = false;

	#role: Role = 'follower';
	#term: Term | undefined;
	#leaderId: NodeId | undefined;
	#lastId = 0;
	#isStopped = false;

	constructor({codec, machine, now, send, reply, effect, limits = {}}: ServerOptions<T>) {
		this.#now = now;
		this.#send = send;
		this.#reply = reply;
		this.#limits = {...defaultServerLimits, ...limits};
		this.#state = new ReplicatedState({
			codec,
			machine,
			limits: this.#limits,
			...(effect === undefined ? {} : {effect}),
		});
		this.#commands = this.#state.commands;
		this.#applier = new Applier({
			state: this.#state,
			send,
			commandOf: entry => this.#waiters.commandOf(entry),
			applied: (entry, outcomes) => this.#deliver(entry, outcomes),
			limits: this.#limits,
		});
		const {clockIntervalMs, sessionTimeoutMs} = this.#limits;
		this.#clock = new LogClock(Math.min(clockIntervalMs, sessionTimeoutMs / clockMovesPerTimeout));
		this.#open = new OpenRequests(reply, this.#limits);
		this.#reads = new ReadBatches({
			open: this.#open,
			read: request => this.#read(request),
			appliedIndex: () => this.#state.appliedIndex,
			preparedBytesMax: this.#limits.preparedBytesMax,
		});
	}

	/** The replicated state, to look at: for checks and statistics. */
	get state(): ReplicatedState<T> {
		return this.#state;
	}

	/** Requests that wait for their answer. */
	get pendingCount(): number {
		return this.#open.size;
	}

	/** A client's request, answered by `reply` under this number, which may be used again after that. */
	request(replyTo: number, request: ServiceRequest): void {
		const refusal = request.type === 'write' ? this.#takeWrite(replyTo, request) : this.#takeRead(replyTo, request);
		if (refusal !== undefined) this.#reply(replyTo, refusal);
	}

	/** Nobody waits for this answer any more. What is proposed already may still run. */
	cancel(replyTo: number): void {
		this.#open.cancel(replyTo);
	}

	/** Takes what the node tells. What can take long is only noted: `slice` does it. */
	handle(input: ServiceInput): void {
		if (this.#isStopped) return;
		// The next chunk's order among other inputs means nothing, and the snapshot need not wait for entries to be applied.
		if (input.type === 'snapshotChunkStored') return this.#applier.chunkStored(input.index);
		this.#inbox.push(input);
		this.#takeIn();
	}

	/**
	 * The end of a turn: hands the turn's requests to the node, all in one proposal and one read. `true`: there is work left
	 * for `slice`, when what the node has to send is sent.
	 */
	flush(): boolean {
		this.#flushWrites();
		this.#flushReads();
		return this.#readToPrepare !== undefined;
	}

	/** Does one bounded slice of the work that is left; `true` if there is more. */
	slice(): boolean {
		if (this.#isStopped) return false;
		this.#prepareRead();
		const input = this.#inbox.first;
		this.#isChunkNext = !this.#isChunkNext;
		if (this.#applier.isChunkWanted && (this.#isChunkNext || input === undefined)) this.#applier.makeChunk();
		else if (input !== undefined && isSliced(input)) this.#sliceInput(input);
		this.#takeIn();
		return !this.#isStopped && (this.#inbox.length > 0 || this.#applier.isChunkWanted);
	}

	/** Ends it: all that waits is answered, and nothing is taken any more. */
	stop(): void {
		if (this.#isStopped) return;
		this.#isStopped = true;
		this.#leaderId = undefined;
		this.#inbox.takeAll();
		this.#applier.abandonSnapshot();
		this.#giveUpWrites();
		this.#giveUpReads();
		this.#settleAll(this.#reads.takeReadable(), this.#notLeader());
	}

	// -------------------------------------------------------------------------------------------------- requests

	#takeWrite(replyTo: number, {command: bytes}: Extract<ServiceRequest, {type: 'write'}>): ServiceReply | undefined {
		if (this.#isStopped || this.#role !== 'leader') return this.#notLeader();
		const admitted = admitWrite(this.#commands, this.#limits, bytes);
		if (admitted.type === 'refused') return admitted;
		const known = this.#keptOf(admitted.command);
		if (known !== undefined) return {type: 'outcomes', outcomes: this.#commands.encodeOutcomes(known)};
		if (!this.#open.hasRoomFor(bytes.length)) return refused('overloaded');
		const request = {replyTo, byteLength: bytes.length, ...this.#withinMemory(admitted.command, bytes)};
		this.#open.add(request);
		this.#turnWrites.push(request);
		return undefined;
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
		const writes = command.writes.map((numbered, place) =>
			fits[place] === true ? numbered : {sequence: numbered.sequence, write: undefined},
		);
		const admitted = {...command, writes};
		return {command: admitted, bytes: this.#commands.encodeCommand(admitted)};
	}

	/**
	 * The answers if all of it are repeats that this replica has applied: then the log need not carry them again. What
	 * has been applied has been committed, so the answer is right whoever leads now.
	 */
	#keptOf(command: Command<T>): readonly Kept<T>[] | undefined {
		return command.type === 'writes' ? this.#state.keptOf(command) : undefined;
	}

	#takeRead(replyTo: number, {reads: bytes}: Extract<ServiceRequest, {type: 'read'}>): ServiceReply | undefined {
		if (this.#isStopped) return this.#notLeader();
		const admitted = admitRead(this.#commands, this.#limits, bytes);
		if (admitted.type === 'refused') return admitted;
		if (!this.#open.hasRoomFor(bytes.length)) return refused('overloaded');
		const request = {replyTo, byteLength: bytes.length, reads: admitted.reads};
		this.#open.add(request);
		this.#turnReads.push(request);
		return undefined;
	}

	// -------------------------------------------------------------------------------------------------- to the node

	#flushWrites(): void {
		if (this.#turnWrites.length === 0) return;
		const requests = this.#turnWrites.filter(request => this.#open.has(request));
		this.#turnWrites = [];
		if (requests.length === 0) return;
		const time = this.#clock.due(this.#now(), this.#state.logTime);
		const clock = time === undefined ? undefined : this.#commands.encodeCommand({type: 'clock', logTime: time});
		let together: OpenWrite<T>[] = [];
		let bytes = 0;
		let isFirst = true;
		for (const [place, request] of requests.entries()) {
			together.push(request);
			bytes += request.byteLength;
			const next = requests[place + 1];
			if (next !== undefined && bytes + next.byteLength <= this.#limits.proposalBytesMax) continue;
			this.#propose(together, isFirst ? clock : undefined);
			together = [];
			bytes = 0;
			isFirst = false;
		}
	}

	#propose(requests: readonly OpenWrite<T>[], clock: Uint8Array | undefined): void {
		const commands = requests.map(({bytes}) => bytes);
		if (clock !== undefined) commands.unshift(clock);
		this.#lastId += 1;
		const proposalId = this.#lastId;
		// Before it is sent: the node may answer, and even apply, before `send` returns.
		this.#proposals.set(proposalId, {requests, offset: commands.length - requests.length});
		this.#send({type: 'propose', proposalId, commands});
	}

	#flushReads(): void {
		if (this.#turnReads.length === 0) return;
		const requests = this.#turnReads.filter(request => this.#open.has(request));
		this.#turnReads = [];
		if (requests.length === 0) return;
		this.#lastId += 1;
		const readId = this.#lastId;
		this.#reads.add(readId, requests);
		this.#send({type: 'read', readId});
		if (this.#isStateSettled() && this.#reads.isAsked(readId)) this.#readToPrepare = readId;
	}

	#prepareRead(): void {
		const readId = this.#readToPrepare;
		this.#readToPrepare = undefined;
		if (readId !== undefined && this.#isStateSettled()) this.#reads.prepare(readId);
	}

	/** A leader none of whose writes is under way: else its index moves on, and most of what is prepared is read twice. */
	#isStateSettled(): boolean {
		return this.#role === 'leader' && this.#proposals.size === 0 && this.#waiters.isEmpty;
	}

	// ------------------------------------------------------------------------------------------------ from the node

	/** Takes in what costs next to nothing, up to the first input that is done in slices. */
	#takeIn(): void {
		if (this.#isTakingIn) return;
		this.#isTakingIn = true;
		for (let input = this.#inbox.first; input !== undefined && !isSliced(input); input = this.#inbox.first) {
			this.#inbox.shift();
			this.#takeInput(input);
		}
		this.#isTakingIn = false;
	}

	#takeInput(input: Exclude<OrderedInput, SlicedInput>): void {
		switch (input.type) {
			case 'proposed':
				return this.#bind(input.proposalId, input.firstIndex, input.term);
			case 'proposalRefused':
				return this.#proposalRefused(input.proposalId, input.reason, input.leaderId);
			case 'readReady':
				return this.#reads.ready(input.readId, input.readIndex);
			case 'readRefused':
				return this.#settleAll(this.#reads.refused(input.readId), {type: 'notLeader', leaderId: input.leaderId});
			case 'leadership':
				return this.#follow(input.role, input.term, input.leaderId);
			case 'abandonSnapshot':
				return this.#applier.abandonSnapshot();
			default:
				return unreachable(input);
		}
	}

	#sliceInput(input: SlicedInput): void {
		this.#isTakingIn = true;
		if (input.type === 'installSnapshot') {
			const passed = this.#waiters.takeThrough(input.snapshot.lastIncludedIndex);
			this.#settleAll(passed, {type: 'unknown', leaderId: this.#leaderId});
		}
		if (this.#applier.slice(input)) this.#inbox.shift();
		this.#isTakingIn = false;
		this.#reads.answer();
	}

	/** Waiters are bound here, before any of these indexes can be applied. */
	#bind(proposalId: number, firstIndex: LogIndex, term: Term): void {
		const proposal = this.#proposals.get(proposalId);
		if (proposal === undefined) return;
		this.#proposals.delete(proposalId);
		const {requests, offset} = proposal;
		for (const [place, request] of requests.entries()) this.#waiters.add(request, firstIndex + offset + place, term);
	}

	#proposalRefused(proposalId: number, reason: ProposalRefusal, leaderId: NodeId | undefined): void {
		const proposal = this.#proposals.get(proposalId);
		if (proposal === undefined) return;
		this.#proposals.delete(proposalId);
		const {requests} = proposal;
		switch (reason) {
			case 'notLeader':
			case 'stopped':
				return this.#settleAll(requests, {type: 'notLeader', leaderId});
			case 'uncommittedFull':
				return this.#settleAll(requests, refused('overloaded'));
			case 'entryTooLarge': {
				// One of them is to blame; each alone shows which.
				if (requests.length === 1) return this.#settleAll(requests, refused('tooLarge'));
				for (const request of requests) this.#propose([request], undefined);
				return;
			}
			default:
				return unreachable(reason);
		}
	}

	#deliver(entry: LogEntry, outcomes: readonly Outcome<T>[] | undefined): void {
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
				return this.#open.settle(delivery.request, this.#notLeader());
			default:
				return unreachable(delivery);
		}
	}

	#read({reads}: OpenRead<T>): ServiceReply {
		const {words} = this.#commands;
		const results = reads.map(read => (read === barrier ? barrier : this.#state.read(read)));
		let bytes = 0;
		for (const result of results) bytes += result === barrier ? 0 : words.bytesOfResult(result);
		if (bytes > this.#limits.readBytesMax) return refused('tooLarge');
		return {type: 'outcomes', outcomes: this.#commands.encodeResults(results)};
	}

	// --------------------------------------------------------------------------------------------------- leadership

	#follow(role: Role, term: Term, leaderId: NodeId | undefined): void {
		const isSame = role === this.#role && term === this.#term;
		this.#role = role;
		this.#term = term;
		this.#leaderId = leaderId;
		if (isSame) return;
		// Also when it leads again at once: what it proposed in an older term may be gone.
		this.#giveUpWrites();
		this.#giveUpReads();
		if (role === 'leader') this.#clock.start(this.#now());
	}

	/** Only what never reached the node is certain not to run; the rest is in some log, perhaps to be committed by another. */
	#giveUpWrites(): void {
		const unknown = {type: 'unknown', leaderId: this.#leaderId} as const;
		const proposals = [...this.#proposals];
		const turn = this.#turnWrites;
		this.#proposals.clear();
		this.#turnWrites = [];
		this.#settleAll(this.#waiters.takeAll(), unknown);
		for (const [, {requests}] of proposals) this.#settleAll(requests, unknown);
		this.#settleAll(turn, this.#notLeader());
	}

	/** Reads that have no index yet; asking again costs nothing but time. */
	#giveUpReads(): void {
		const turn = this.#turnReads;
		this.#turnReads = [];
		this.#settleAll(this.#reads.takeAsked(), this.#notLeader());
		this.#settleAll(turn, this.#notLeader());
	}

	#settleAll(requests: readonly (OpenWrite<T> | OpenRead<T>)[], reply: ServiceReply): void {
		for (const request of requests) this.#open.settle(request, reply);
	}

	#notLeader(): ServiceReply {
		return {type: 'notLeader', leaderId: this.#leaderId};
	}
}
