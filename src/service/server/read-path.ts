/** The way of a read through the server: in the turn, then in a batch that the node has not answered or that waits for a newer state. */
import type {LogIndex, Milliseconds, NodeId, ServiceOutput} from '../../raft/types.js';
import type {CommandCodec} from '../command-codec.js';
import type {MachineTypes} from '../machine.js';
import type {ReplicatedState} from '../replicated-state.js';
import {barrier, type ReadOrBarrier, type ServiceReply, type ServiceRequest} from '../types.js';
import {admitRead, refused, waitMsOf} from './admission.js';
import type {Leadership} from './leadership.js';
import type {ServerLimits} from './limits.js';
import type {OpenRead, OpenRequests} from './open-requests.js';
import {PutOffReads} from './put-off-reads.js';
import {ReadBatches} from './read-batches.js';
import type {WritePath} from './write-path.js';

export interface ReadPathOptions<T extends MachineTypes> {
	readonly state: ReplicatedState<T>;
	readonly limits: ServerLimits;
	readonly open: OpenRequests;
	readonly leadership: Leadership;
	readonly writes: WritePath<T>;
	/** See `ServerOptions`. */
	readonly now: () => Milliseconds;
	readonly send: (output: ServiceOutput) => void;
}

export class ReadPath<T extends MachineTypes> {
	readonly #commands: CommandCodec<T>;
	readonly #state: ReplicatedState<T>;
	readonly #limits: ServerLimits;
	readonly #open: OpenRequests;
	readonly #leadership: Leadership;
	readonly #writes: WritePath<T>;
	readonly #send: (output: ServiceOutput) => void;
	readonly #batches: ReadBatches<T>;
	readonly #putOff: PutOffReads<T>;
	#turn: OpenRead<T>[] = [];
	/** The newest batch, until its answers are prepared or need not be. */
	#readToPrepare: number | undefined;
	#lastReadId = 0;
	/** They read a key whose deadline is over by the leader's clock, and wait until the log says so, too. */
	#heldBack: {readonly request: OpenRead<T>; readonly wallTime: Milliseconds}[] = [];

	constructor({state, limits, open, leadership, writes, now, send}: ReadPathOptions<T>) {
		this.#commands = state.commands;
		this.#state = state;
		this.#limits = limits;
		this.#open = open;
		this.#leadership = leadership;
		this.#writes = writes;
		this.#send = send;
		this.#putOff = new PutOffReads({
			state,
			open,
			countMax: limits.putOffReadsMax,
			now,
			answer: (request, read) => open.settle(request, this.#read([read])),
		});
		this.#batches = new ReadBatches({
			open,
			read: ({reads}) => this.#read(reads),
			isEarly: request => this.#isPutOff(request) || this.#isOverdue(request),
			holdBack: request => this.#holdBack(request),
			appliedIndex: () => state.appliedIndex,
			preparedBytesMax: limits.preparedBytesMax,
		});
	}

	/** There are answers to be prepared while the quorum is asked. */
	get isPreparationDue(): boolean {
		return this.#readToPrepare !== undefined;
	}

	/** A client's request; the answer, if it can be given at once. */
	take(replyTo: number, {reads: bytes}: Extract<ServiceRequest, {type: 'read'}>): ServiceReply | undefined {
		const admitted = admitRead(this.#commands, this.#limits, bytes);
		if (admitted.type === 'refused') return admitted;
		if (!this.#open.hasRoomFor(bytes.length)) return refused('overloaded');
		const request = {replyTo, byteLength: bytes.length, reads: admitted.reads};
		this.#open.add(request);
		this.#turn.push(request);
		return undefined;
	}

	/** When to call `flush` though nobody asks for anything; Infinity: never. */
	nextDeadline(): Milliseconds {
		return this.#putOff.nextDeadline();
	}

	/** Asks the node for an index for the turn's requests. */
	flush(): void {
		this.#putOff.answerOverdue();
		if (this.#turn.length === 0) return;
		const requests = this.#turn.filter(request => this.#open.has(request));
		this.#turn = [];
		if (requests.length === 0) return;
		this.#lastReadId += 1;
		const readId = this.#lastReadId;
		this.#batches.add(readId, requests);
		this.#send({type: 'read', readId});
		if (this.#isStateSettled() && this.#batches.isAsked(readId)) this.#readToPrepare = readId;
	}

	prepare(): void {
		const readId = this.#readToPrepare;
		this.#readToPrepare = undefined;
		if (readId !== undefined && this.#isStateSettled()) this.#batches.prepare(readId);
	}

	/** The node says from which index on a batch may be answered. */
	ready(readId: number, index: LogIndex): void {
		this.#batches.ready(readId, index);
	}

	/** The node could not say. */
	refused(readId: number, leaderId: NodeId | undefined): void {
		this.#open.settleAll(this.#batches.refused(readId), {type: 'notLeader', leaderId});
	}

	/** Answers all for which the state is new enough. */
	answer(): void {
		this.#batches.answer();
		this.#putOff.answer();
		if (this.#heldBack.length === 0) return;
		const {wallTime} = this.#state;
		const ready = this.#heldBack.filter(held => held.wallTime <= wallTime);
		if (ready.length === 0) return;
		this.#heldBack = this.#heldBack.filter(held => held.wallTime > wallTime);
		for (const {request} of ready) if (this.#open.has(request)) this.#open.settle(request, this.#read(request.reads));
	}

	/** Those that have no index yet; asking again costs nothing but time. */
	giveUp(): void {
		const turn = this.#turn;
		this.#turn = [];
		const heldBack = this.#heldBack.map(({request}) => request);
		this.#heldBack = [];
		this.#open.settleAll(heldBack, this.#leadership.notLeader());
		this.#open.settleAll(this.#putOff.takeAll(), this.#leadership.notLeader());
		this.#open.settleAll(this.#batches.takeAsked(), this.#leadership.notLeader());
		this.#open.settleAll(turn, this.#leadership.notLeader());
	}

	/** Those that have an index, too: the state will not become newer. */
	giveUpAll(): void {
		this.giveUp();
		this.#open.settleAll(this.#batches.takeReadable(), this.#leadership.notLeader());
	}

	/** A leader none of whose writes is under way: else its index moves on, and most of what is prepared is read twice. */
	#isStateSettled(): boolean {
		return this.#leadership.isOurs && this.#writes.isIdle;
	}

	/** Whether one of its keys is in the state, though its deadline is over by this node's clock. */
	#isOverdue({reads}: OpenRead<T>): boolean {
		const {timed} = this.#state.machine;
		if (timed === undefined || timed.nextDeadline() === Infinity) return false;
		const wallTime = this.#writes.wallTime();
		if (timed.nextDeadline() > wallTime) return false;
		return reads.some(read => read !== barrier && timed.deadlineOf(read) <= wallTime);
	}

	/**
	 * The clock alone does not say that a key is gone: the next leader's may be behind, and the key would come back. The log has to
	 * say it first, which is the leader's to see to.
	 */
	#holdBack(request: OpenRead<T>): void {
		if (this.#isPutOff(request)) return this.#putOffRead(request);
		if (!this.#leadership.isOurs) return this.#open.settle(request, this.#leadership.notLeader());
		const wallTime = this.#writes.wallTime();
		this.#heldBack.push({request, wallTime});
		this.#writes.tellTime(wallTime);
	}

	/** Whether it is a read that may wait for something to tell, and which therefore is alone in its request. */
	#isPutOff({reads}: OpenRead<T>): boolean {
		const [read] = reads;
		return reads.length === 1 && read !== undefined && waitMsOf(this.#commands.words, read) > 0;
	}

	#putOffRead(request: OpenRead<T>): void {
		const [read] = request.reads;
		if (read === undefined || read === barrier) return;
		const fate = this.#putOff.take(request, read, waitMsOf(this.#commands.words, read));
		if (fate === 'due') this.#open.settle(request, this.#read([read]));
		else if (fate === 'full') this.#open.settle(request, refused('tooManyWaiting'));
	}

	#read(reads: readonly ReadOrBarrier<T>[]): ServiceReply {
		const {words} = this.#commands;
		const results = reads.map(read => (read === barrier ? barrier : this.#state.read(read)));
		let bytes = 0;
		for (const result of results) bytes += result === barrier ? 0 : words.bytesOfResult(result);
		if (bytes > this.#limits.readBytesMax) return refused('tooLarge');
		return {type: 'outcomes', outcomes: this.#commands.encodeResults(results)};
	}
}
