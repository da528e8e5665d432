/** A server with a witness at it: what its replica holds, whether it may answer a read already, and what it takes in and refuses. */
import {defaultServerLimits, type ServerLimits} from '../service/server/limits.js';
import {ServiceServer, type ServerOptions} from '../service/server/service-server.js';
import type {MachineTypes} from '../service/machine.js';
import type {ReplicatedState} from '../service/replicated-state.js';
import type {ServiceReply, ServiceRequest} from '../service/types.js';
import type {LogIndex, ServiceInput, ServiceOutput} from '../raft/types.js';
import type {Coverage} from './coverage.js';
import type {ServiceJudge} from './service-judge.js';
import type {NodeService} from './node-context.js';
import type {Report} from './violation.js';

interface Witness<T extends MachineTypes> {
	readonly node: number;
	readonly services: ServiceJudge<T>;
	readonly report: Report;
	readonly coverage: Coverage;
	/** The server asks its node about the reads of these requests, which are several. */
	readonly askedTogether: (requests: readonly number[]) => void;
	/** Of an entry of the node's log. */
	readonly entryBytesMax: number;
}

/** A request that the server has not answered yet. */
interface Waiting {
	readonly type: ServiceRequest['type'];
	readonly byteLength: number;
	/** Of a read: those that the server asks the node about together. */
	batch: readonly number[] | undefined;
	/** Of a read: the index that the state must have when it is answered. */
	readIndex: LogIndex | undefined;
}

/** What an answer costs on the wire beside its values, at most, for each operation. */
const answerOverheadBytes = 24;

export class WatchedServer<T extends MachineTypes> implements NodeService {
	readonly #witness: Witness<T>;
	readonly #limits: ServerLimits;
	readonly #server: ServiceServer<T>;
	readonly #waiting = new Map<number, Waiting>();
	#waitingBytes = 0;
	/** Clients' reads that the server has not asked the node about yet. */
	#newReads: number[] = [];
	/** By read of the server: the clients' reads in it. */
	readonly #reads = new Map<number, readonly number[]>();
	/** The reads that the server asked the node about last: with the next slice it may prepare their answers. */
	#askedReads: readonly number[] = [];
	/** Of the snapshot that is being loaded. */
	#restoringIndex: LogIndex | undefined;
	#judgedIndex: LogIndex = 0;

	constructor(options: ServerOptions<T>, witness: Witness<T>) {
		this.#witness = witness;
		this.#limits = {...defaultServerLimits, ...options.limits};
		this.#server = new ServiceServer({
			...options,
			send: output => {
				this.#noteOutput(output);
				options.send(output);
			},
			reply: (replyTo, reply) => {
				this.#judgeReply(replyTo, reply);
				options.reply(replyTo, reply);
			},
		});
	}

	/** The highest index that the state includes. */
	get appliedIndex(): LogIndex {
		return this.#server.state.appliedIndex;
	}

	get state(): ReplicatedState<T> {
		return this.#server.state;
	}

	get pendingCount(): number {
		return this.#server.pendingCount;
	}

	request(replyTo: number, request: ServiceRequest): void {
		const byteLength = request.type === 'read' ? request.reads.length : request.command.length;
		this.#waiting.set(replyTo, {type: request.type, byteLength, batch: undefined, readIndex: undefined});
		this.#waitingBytes += byteLength;
		if (request.type === 'read') this.#newReads.push(replyTo);
		this.#server.request(replyTo, request);
		// What was refused or answered at once waits no more.
		if (this.#waiting.has(replyTo)) this.#judgeCrowd();
	}

	cancel(replyTo: number): void {
		const others = this.#waiting.get(replyTo)?.batch?.filter(other => this.#waiting.has(other)) ?? [];
		if (others.length > 1) this.#witness.coverage.count('read cancelled in a batch of several');
		this.#forget(replyTo);
		this.#server.cancel(replyTo);
	}

	handle(input: ServiceInput): void {
		this.#witness.coverage.told(input);
		if (input.type === 'installSnapshot') this.#restoringIndex = input.snapshot.lastIncludedIndex;
		if (input.type === 'readReady') {
			for (const replyTo of this.#reads.get(input.readId) ?? []) {
				const waiting = this.#waiting.get(replyTo);
				if (waiting !== undefined) waiting.readIndex = input.readIndex;
			}
		}
		if (input.type === 'readReady' || input.type === 'readRefused') this.#reads.delete(input.readId);
		this.#server.handle(input);
	}

	slice(): boolean {
		this.#notePrepared();
		return this.#server.slice();
	}

	flush(): boolean {
		return this.#server.flush();
	}

	nextDeadline(): number {
		return this.#server.nextDeadline();
	}

	/** After a turn. */
	judge(): void {
		const {node, services} = this.#witness;
		const {state} = this.#server;
		const {appliedIndex} = state;
		if (appliedIndex !== this.#judgedIndex) {
			this.#judgedIndex = appliedIndex;
			services.applied(node, state);
		}
		if (this.#restoringIndex === undefined || appliedIndex < this.#restoringIndex) return;
		this.#restoringIndex = undefined;
		services.restored(node, state);
	}

	#noteOutput(output: ServiceOutput): void {
		if (output.type === 'snapshotChunk') this.#witness.services.snapshotBegun(output.index);
		if (output.type !== 'read') return;
		const batch = this.#newReads.filter(replyTo => this.#waiting.has(replyTo));
		for (const replyTo of batch) (this.#waiting.get(replyTo) as Waiting).batch = batch;
		this.#reads.set(output.readId, batch);
		this.#askedReads = batch;
		if (batch.length > 2) this.#witness.askedTogether(batch);
		this.#newReads = [];
	}

	/** Answers are kept by the place of their reads: behind one that nobody wants any more, two could be taken for each other. */
	#notePrepared(): void {
		if (this.#askedReads.length === 0) return;
		const isWanted = this.#askedReads.map(replyTo => this.#waiting.has(replyTo));
		const wantedBehind = isWanted.slice(isWanted.indexOf(false) + 1).filter(Boolean).length;
		if (isWanted.includes(false) && wantedBehind > 1) {
			this.#witness.coverage.count('answers prepared behind a cancelled read');
		}
		this.#askedReads = [];
	}

	#forget(replyTo: number): void {
		this.#waitingBytes -= this.#waiting.get(replyTo)?.byteLength ?? 0;
		this.#waiting.delete(replyTo);
	}

	// ---------------------------------------------------------------------------------------------- what is judged

	#judgeReply(replyTo: number, reply: ServiceReply): void {
		const {node, report, coverage} = this.#witness;
		coverage.replied(reply);
		const waiting = this.#waiting.get(replyTo);
		this.#forget(replyTo);
		if (waiting === undefined) return;
		if (reply.type === 'refused') return this.#judgeRefusal(waiting, reply.reason);
		if (reply.type !== 'outcomes') return;
		const {readBytesMax} = this.#limits;
		const bytesMax = readBytesMax + answerOverheadBytes * (1 + waiting.byteLength);
		if (waiting.type === 'read' && reply.outcomes.length > bytesMax) {
			report('bounded', `node ${node} answers a read with ${reply.outcomes.length} bytes, ${readBytesMax} are allowed`);
		}
		const {readIndex} = waiting;
		const {appliedIndex} = this.#server.state;
		if (readIndex === undefined || appliedIndex >= readIndex) return;
		report('readIndex', `node ${node} reads for index ${readIndex} its state at ${appliedIndex}`);
	}

	/** Clerks make no nonsense, and what is small enough is not too large. */
	#judgeRefusal({type, byteLength}: Waiting, reason: Extract<ServiceReply, {type: 'refused'}>['reason']): void {
		const {node, report, entryBytesMax} = this.#witness;
		const {requestBytesMax, requestOperationsMax, commandBytesMax, readBytesMax} = this.#limits;
		const told = `node ${node} refused a ${type} of ${byteLength} bytes as ${reason}`;
		if (reason === 'malformed') report('noRefusal', told);
		if (reason !== 'tooLarge') return;
		const bytesMax = type === 'read' ? requestBytesMax : Math.min(commandBytesMax, entryBytesMax);
		// No operation takes less than four bytes of its request, nor does any simulated state have so many bytes to read.
		const isFew = byteLength < requestOperationsMax * 4 && (type === 'write' || readBytesMax > 2 ** 20);
		if (byteLength <= bytesMax && isFew) report('bounded', `${told}, though ${bytesMax} are allowed`);
	}

	#judgeCrowd(): void {
		const {node, report} = this.#witness;
		const {pendingRequestsMax, pendingBytesMax} = this.#limits;
		const {size} = this.#waiting;
		if (size <= pendingRequestsMax && this.#waitingBytes <= pendingBytesMax) return;
		const told = `node ${node} keeps ${size} requests of ${this.#waitingBytes} bytes waiting`;
		report('bounded', `${told}, where ${pendingRequestsMax} of ${pendingBytesMax} are allowed`);
	}
}
