/**
 * The server's core: stands between the clients' requests and the node's log.
 *
 *     clerks ── request ──▶ WritePath, ReadPath ── flush: one proposal, one read ──▶ node
 *        ▲                                                                            │
 *        └──── reply ◀──── who waits for this index ◀──── Applier: state machine ◀── apply
 *
 * It never waits and owns no thread: the host calls `request` and `handle` as things come in, `flush` at the end of each
 * turn, and `slice` as long as that returns `true`.
 */
import type {Codec} from '../../base/codec.js';
import {unreachable} from '../../base/errors.js';
import {Queue} from '../../base/queue.js';
import type {Milliseconds, NodeId, Role, ServiceInput, ServiceOutput, Term} from '../../raft/types.js';
import type {ServiceEvent} from '../events.js';
import type {Machine, MachineTypes, Place} from '../machine.js';
import {ReplicatedState} from '../replicated-state.js';
import type {ServiceReply, ServiceRequest} from '../types.js';
import {Applier, type SlicedInput} from './applier.js';
import {Leadership} from './leadership.js';
import {defaultServerLimits, type ServerLimits} from './limits.js';
import {OpenRequests} from './open-requests.js';
import {ReadPath} from './read-path.js';
import {SessionWatch} from './session-watch.js';
import {WritePath} from './write-path.js';

export interface ServerOptions<T extends MachineTypes> {
	readonly codec: Codec;
	readonly machine: Machine<T>;
	/** A clock that never goes back. */
	readonly now: () => Milliseconds;
	/** The wall clock, Unix ms. It may be set, forwards and back. */
	readonly wallNow: () => Milliseconds;
	/** To the node. May call `handle` before it returns. */
	readonly send: (output: ServiceOutput) => void;
	/** To the client that `replyTo` stands for; called exactly once for each request that is not cancelled. */
	readonly reply: (replyTo: number, reply: ServiceReply) => void;
	/** See `ReplicatedStateOptions`. */
	readonly effect?: (effect: T['effect'], place: Place<T>) => void;
	/** For whoever watches. @default nobody does */
	readonly event?: (event: ServiceEvent) => void;
	readonly limits?: Partial<ServerLimits>;
}

/** What is taken in strictly in the order in which the node told it. */
type OrderedInput = Exclude<ServiceInput, {type: 'snapshotChunkStored'}>;

function isSliced(input: OrderedInput): input is SlicedInput {
	const {type} = input;
	return type === 'apply' || type === 'takeSnapshot' || type === 'installSnapshot' || type === 'installChunk';
}

export class ServiceServer<T extends MachineTypes = MachineTypes> {
	readonly #reply: (replyTo: number, reply: ServiceReply) => void;
	readonly #state: ReplicatedState<T>;
	readonly #open: OpenRequests;
	readonly #leadership = new Leadership();
	readonly #writes: WritePath<T>;
	readonly #reads: ReadPath<T>;
	readonly #applier: Applier<T>;
	readonly #sessionWatch: SessionWatch;

	/** What the node told and is not yet taken in: one order for everything, as the node's own. */
	readonly #inbox = new Queue<OrderedInput>();
	#isTakingIn = false;
	#isChunkNext = false;
	#isStopped = false;

	constructor(options: ServerOptions<T>) {
		const {codec, machine, now, wallNow, send, reply, effect, event = () => undefined, limits: given = {}} = options;
		const limits = {...defaultServerLimits, ...given};
		const state = new ReplicatedState({codec, machine, limits, ...(effect === undefined ? {} : {effect})});
		const open = new OpenRequests(reply, limits);
		const parts = {state, limits, open, leadership: this.#leadership, send};
		const writes = new WritePath({...parts, clocks: {now, wallNow}});
		this.#sessionWatch = new SessionWatch({state, leadership: this.#leadership, now, event});
		this.#reply = reply;
		this.#state = state;
		this.#open = open;
		this.#writes = writes;
		this.#reads = new ReadPath({...parts, writes, now});
		this.#applier = new Applier({
			state,
			send,
			commandOf: entry => writes.commandOf(entry),
			applied: (entry, outcomes) => writes.deliver(entry, outcomes),
			limits,
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

	/** Bytes of these requests. */
	get pendingBytes(): number {
		return this.#open.byteLength;
	}

	/** A client's request, answered by `reply` under this number, which may be used again after that. */
	request(replyTo: number, request: ServiceRequest): void {
		const answer = this.#isStopped
			? this.#leadership.notLeader()
			: request.type === 'write'
				? this.#writes.take(replyTo, request)
				: this.#reads.take(replyTo, request);
		if (answer !== undefined) this.#reply(replyTo, answer);
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
		this.#writes.flush();
		this.#reads.flush();
		return this.#reads.isPreparationDue;
	}

	/** When to call `flush` though nothing has come in, by `now`; Infinity: never. May be another after each call. */
	nextDeadline(): Milliseconds {
		return this.#isStopped ? Infinity : Math.min(this.#writes.nextDeadline(), this.#reads.nextDeadline());
	}

	/** Does one bounded slice of the work that is left; `true` if there is more. */
	slice(): boolean {
		if (this.#isStopped) return false;
		this.#reads.prepare();
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
		this.#leadership.forgetLeader();
		this.#inbox.takeAll();
		this.#applier.abandonSnapshot();
		this.#writes.giveUp();
		this.#reads.giveUpAll();
	}

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
				return this.#writes.bind(input.proposalId, input.firstIndex, input.term);
			case 'proposalRefused':
				return this.#writes.refused(input.proposalId, input.reason, input.leaderId);
			case 'readReady':
				return this.#reads.ready(input.readId, input.readIndex);
			case 'readRefused':
				return this.#reads.refused(input.readId, input.leaderId);
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
		if (input.type === 'installSnapshot') this.#writes.passOver(input.snapshot.lastIncludedIndex);
		if (this.#applier.slice(input)) this.#inbox.shift();
		this.#sessionWatch.check();
		this.#isTakingIn = false;
		this.#reads.answer();
	}

	#follow(role: Role, term: Term, leaderId: NodeId | undefined): void {
		if (!this.#leadership.follow(role, term, leaderId)) return;
		// Also when it leads again at once: what it proposed in an older term may be gone.
		this.#writes.giveUp();
		this.#reads.giveUp();
		if (role === 'leader') this.#writes.startLeading();
	}
}
