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
import {encodeCommand, encodeOutcomes} from './command-codec.js';
import {LogClock} from './log-clock.js';
import {growthFactorMax, withinMemory} from './memory-limit.js';
import {PendingRequests, type PendingLimits, type PendingRead, type PendingWrite} from './pending-requests.js';
import {NumberMap} from '../base/number-map.js';
import {Queue} from '../base/queue.js';
import {ReadBatches} from './read-batches.js';
import {Replica, type SliceLimits, type SlicedInput} from './replica.js';
import {KvStateMachine, defaultStateMachineLimits, type StateMachineLimits} from './state-machine.js';
import type {Codec} from '../base/codec.js';
import type {Command, KvReply, KvRequest, Outcome, ReadOperation, Result} from './types.js';
import {Waiters} from './waiters.js';

export interface ServerLimits extends StateMachineLimits, AdmissionLimits, PendingLimits, SliceLimits {
	/** Bytes of values in the reply to one read request; the clerk then asks for each value alone. @default 8388608 (8 MiB) */
	readonly readBytesMax: number;
	/** Bytes of answers that are prepared while a quorum is asked; the one that exceeds them is the last. @default 1048576 (1 MiB) */
	readonly preparedBytesMax: number;
	/** Requests of one turn are proposed together up to this many bytes. @default 1048576 (1 MiB) */
	readonly proposalBytesMax: number;
	/** Bytes of keys and values, as the store counts them; a write that would exceed them is answered with `outOfMemory`. @default Infinity */
	readonly storeBytesMax: number;
	/** How often log time moves while there are writes, ms. @default 1000 */
	readonly clockIntervalMs: Milliseconds;
}

export const defaultServerLimits: ServerLimits = {
	...defaultStateMachineLimits,
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
	storeBytesMax: Infinity,
	clockIntervalMs: 1000,
};

export interface ServerOptions {
	readonly codec: Codec;
	/** A clock that never goes back. */
	readonly now: () => Milliseconds;
	/** To the node. May call `handle` before it returns. */
	readonly send: (output: ServiceOutput) => void;
	/** To the client that `replyTo` stands for; called exactly once for each request that is not cancelled. */
	readonly reply: (replyTo: number, reply: KvReply) => void;
	readonly limits?: Partial<ServerLimits>;
}

/** Requests that were proposed together; `offset`: the place of the first among the proposal's commands. */
interface Proposal {
	readonly requests: readonly PendingWrite[];
	readonly offset: number;
}

/** What is taken in strictly in the order in which the node told it. */
type OrderedInput = Exclude<ServiceInput, {type: 'snapshotChunkStored'}>;

function isSliced(input: OrderedInput): input is SlicedInput {
	const {type} = input;
	return type === 'apply' || type === 'takeSnapshot' || type === 'installSnapshot' || type === 'installChunk';
}

export class KvServer {
	readonly #codec: Codec;
	readonly #now: () => Milliseconds;
	readonly #send: (output: ServiceOutput) => void;
	readonly #reply: (replyTo: number, reply: KvReply) => void;
	readonly #limits: ServerLimits;
	readonly #machine: KvStateMachine;
	readonly #replica: Replica;
	readonly #clock: LogClock;
	readonly #pending: PendingRequests;

	// Where a pending request is: in the turn, then in a proposal or read that the node has not answered, then with the
	// waiters for its index. Exactly one of these, and none once it is settled.
	#turnWrites: PendingWrite[] = [];
	#turnReads: PendingRead[] = [];
	readonly #proposals = new NumberMap<Proposal>();
	readonly #waiters = new Waiters();
	readonly #reads: ReadBatches;
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

	constructor({codec, now, send, reply, limits = {}}: ServerOptions) {
		this.#codec = codec;
		this.#now = now;
		this.#send = send;
		this.#reply = reply;
		this.#limits = {...defaultServerLimits, ...limits};
		this.#machine = new KvStateMachine(codec, this.#limits);
		this.#replica = new Replica({
			machine: this.#machine,
			send,
			commandOf: entry => this.#waiters.commandOf(entry),
			applied: (entry, outcomes) => this.#deliver(entry, outcomes),
			limits: this.#limits,
		});
		this.#clock = new LogClock(this.#limits.clockIntervalMs);
		this.#pending = new PendingRequests(reply, this.#limits);
		this.#reads = new ReadBatches({
			pending: this.#pending,
			read: request => this.#read(request),
			appliedIndex: () => this.#machine.appliedIndex,
			preparedBytesMax: this.#limits.preparedBytesMax,
		});
	}

	/** The replicated state, to look at: for checks and statistics. */
	get stateMachine(): KvStateMachine {
		return this.#machine;
	}

	/** Requests that wait for their answer. */
	get pendingCount(): number {
		return this.#pending.size;
	}

	/** A client's request, answered by `reply` under this number, which may be used again after that. */
	request(replyTo: number, request: KvRequest): void {
		const refusal = request.type === 'write' ? this.#takeWrite(replyTo, request) : this.#takeRead(replyTo, request);
		if (refusal !== undefined) this.#reply(replyTo, refusal);
	}

	/** Nobody waits for this answer any more. What is proposed already may still run. */
	cancel(replyTo: number): void {
		this.#pending.cancel(replyTo);
	}

	/** Takes what the node tells. What can take long is only noted: `slice` does it. */
	handle(input: ServiceInput): void {
		if (this.#isStopped) return;
		// The next chunk's order among other inputs means nothing, and the snapshot need not wait for entries to be applied.
		if (input.type === 'snapshotChunkStored') return this.#replica.chunkStored(input.index);
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
		if (this.#replica.isChunkWanted && (this.#isChunkNext || input === undefined)) this.#replica.makeChunk();
		else if (input !== undefined && isSliced(input)) this.#sliceInput(input);
		this.#takeIn();
		return !this.#isStopped && (this.#inbox.length > 0 || this.#replica.isChunkWanted);
	}

	/** Ends it: all that waits is answered, and nothing is taken any more. */
	stop(): void {
		if (this.#isStopped) return;
		this.#isStopped = true;
		this.#leaderId = undefined;
		this.#inbox.takeAll();
		this.#replica.abandonSnapshot();
		this.#giveUpWrites();
		this.#giveUpReads();
		this.#settleAll(this.#reads.takeReadable(), this.#notLeader());
	}

	// -------------------------------------------------------------------------------------------------- requests

	#takeWrite(replyTo: number, {command: bytes}: Extract<KvRequest, {type: 'write'}>): KvReply | undefined {
		if (this.#isStopped || this.#role !== 'leader') return this.#notLeader();
		const admitted = admitWrite(this.#codec, this.#limits, bytes);
		if (admitted.type === 'refused') return admitted;
		const known = this.#knownOutcomes(admitted.command);
		if (known !== undefined) return {type: 'outcomes', outcomes: encodeOutcomes(this.#codec, known)};
		if (!this.#pending.hasRoomFor(bytes.length)) return refused('overloaded');
		const request = {replyTo, byteLength: bytes.length, ...this.#withinMemory(admitted.command, bytes)};
		this.#pending.add(request);
		this.#turnWrites.push(request);
		return undefined;
	}

	/** The command, with a refusal in the place of each operation that there is no memory for. */
	#withinMemory(command: Command, bytes: Uint8Array): {readonly command: Command; readonly bytes: Uint8Array} {
		const {storeBytes} = this.#machine;
		// What is under way counts as if it were applied.
		const room = this.#limits.storeBytesMax - storeBytes - this.#pending.byteLength;
		if (command.type !== 'operations' || room >= bytes.length * growthFactorMax) return {command, bytes};
		const read = (operation: ReadOperation): Result => this.#machine.read(operation);
		const operations = withinMemory(command.operations, {room, storeBytes, read});
		if (operations === undefined) return {command, bytes};
		const admitted = {...command, operations};
		return {command: admitted, bytes: encodeCommand(this.#codec, admitted)};
	}

	/**
	 * The answers if all of it are repeats that this replica has applied: then the log need not carry them again. What
	 * has been applied has been committed, so the answer is right whoever leads now.
	 */
	#knownOutcomes(command: Command): readonly Result[] | undefined {
		return command.type === 'operations' ? this.#machine.resultsOf(command) : undefined;
	}

	#takeRead(replyTo: number, {operations: bytes}: Extract<KvRequest, {type: 'read'}>): KvReply | undefined {
		if (this.#isStopped) return this.#notLeader();
		const admitted = admitRead(this.#codec, this.#limits, bytes);
		if (admitted.type === 'refused') return admitted;
		if (!this.#pending.hasRoomFor(bytes.length)) return refused('overloaded');
		const request = {replyTo, byteLength: bytes.length, operations: admitted.operations};
		this.#pending.add(request);
		this.#turnReads.push(request);
		return undefined;
	}

	// -------------------------------------------------------------------------------------------------- to the node

	#flushWrites(): void {
		if (this.#turnWrites.length === 0) return;
		const requests = this.#turnWrites.filter(request => this.#pending.has(request));
		this.#turnWrites = [];
		if (requests.length === 0) return;
		const time = this.#clock.due(this.#now(), this.#machine.logTime);
		const clock = time === undefined ? undefined : encodeCommand(this.#codec, {type: 'clock', logTime: time});
		let together: PendingWrite[] = [];
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

	#propose(requests: readonly PendingWrite[], clock: Uint8Array | undefined): void {
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
		const requests = this.#turnReads.filter(request => this.#pending.has(request));
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
				return this.#replica.abandonSnapshot();
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
		if (this.#replica.slice(input)) this.#inbox.shift();
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

	#deliver(entry: LogEntry, outcomes: readonly Outcome[] | undefined): void {
		const delivery = this.#waiters.deliver(entry, outcomes);
		if (delivery === undefined) return;
		switch (delivery.type) {
			case 'complete': {
				// Encoded only for somebody who waits.
				if (!this.#pending.has(delivery.request)) return;
				const reply = {type: 'outcomes', outcomes: encodeOutcomes(this.#codec, delivery.outcomes)} as const;
				return this.#pending.settle(delivery.request, reply);
			}
			case 'replaced':
				return this.#pending.settle(delivery.request, this.#notLeader());
			default:
				return unreachable(delivery);
		}
	}

	#read({operations}: PendingRead): KvReply {
		const results = operations.map(operation => this.#machine.read(operation));
		let bytes = 0;
		for (const result of results) bytes += result.type === 'value' ? (result.value?.length ?? 0) : 0;
		if (bytes > this.#limits.readBytesMax) return refused('tooLarge');
		return {type: 'outcomes', outcomes: encodeOutcomes(this.#codec, results)};
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

	#settleAll(requests: readonly (PendingWrite | PendingRead)[], reply: KvReply): void {
		for (const request of requests) this.#pending.settle(request, reply);
	}

	#notLeader(): KvReply {
		return {type: 'notLeader', leaderId: this.#leaderId};
	}
}
