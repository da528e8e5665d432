import type {Socket} from 'node:net';
import {bytesOfOperation, isRead} from '../../src/kv/operation-bytes.js';
import type {Operation, Result} from '../../src/kv/types.js';
import type {Executor} from '../executor.js';
import type {MemoryClient} from './clients-memory.js';
import {type Plan, refuse, type Settled} from './commands/command.js';
import {Failure} from './commands/failure.js';
import {failureText} from './commands/failures.js';
import type {Push} from './channels.js';
import type {DropCause} from './dropped-clients.js';
import {Execution, type ExecutionOwner} from './execution.js';
import {Intake, partOverheadBytes} from './intake.js';
import {ManyReads} from './many-reads.js';
import {OutputLimit} from './output-limit.js';
import {Access} from './access.js';
import {RefusedModes} from './refused-modes.js';
import {ReplyWriter} from './reply-writer.js';
import {operationsOf, type Planned, replyToRun} from './run.js';
import type {ClusterInfo, ClientState, ClientUsage, ConnectionControl} from './client-state.js';
import {ValueWindow} from './value-window.js';

/** Requests that wait while others are carried out; beyond this the socket waits too. */
const heldBytesMax = 64 * 1024;
/** Replies are handed to the socket when so much has come together, even if more could join them. */
const flushBytes = 64 * 1024;
/** A result with a value of this size is counted as soon as it is there. */
const countedValueBytes = 16 * 1024;

type Walk = Extract<Plan, {type: 'walk'}>;

const noCluster: ClusterInfo = {raft: {}, data: undefined, databases: []};

/** What a connection needs of the world behind it. */
export interface Backend {
	readonly client: Executor;
	readonly reader: Executor;
	/** Never rejects. */
	readonly info: (countsKeys: boolean) => Promise<ClusterInfo>;
}

/**
 * One client: reads requests, carries them out in their order, a run at a time, and writes the replies in that order.
 *
 *     socket -> parser -> queue of plans -> run -> lane -> client.execute(...) -> replies -> socket
 *
 * A client may send all its requests before it reads a reply, so requests are read also while replies wait. They are
 * carried out when the replies have been read: bytes of requests are mostly fewer. When too many of those wait, they
 * are carried out after all, and replies are collected, up to a limit of their own.
 */
export class Connection implements MemoryClient, ConnectionControl, ExecutionOwner {
	readonly #socket: Socket;
	readonly #backend: Backend;
	readonly #clientState: ClientState;
	readonly #intake: Intake;
	readonly #modes: RefusedModes;
	readonly #out: ReplyWriter;
	readonly #window: ValueWindow;
	readonly #outputLimit: OutputLimit;
	/** Some of what was taken in is begun and not settled. */
	#running = false;
	/** Of the results that have come of what is running. */
	#resultBytes = 0;
	/** What was begun last, and when, as long as SLOWLOG wants to know. */
	#timed: {readonly run: readonly Planned[]; readonly beganMs: number} | undefined;
	/** A request for many values, which are read and answered piece by piece. */
	#many: ManyReads | undefined;
	/** It is carried out step by step. */
	#walk: Walk | undefined;
	/** A transaction is being answered. */
	#holdsPushes = false;
	/** The client has sent everything; what it sent is still answered. */
	#peerEnded = false;
	#isTimed = false;
	/** What has come for it without a request is flushed soon. */
	#isWoken = false;
	/** It is being ended: nothing is begun, and nothing is answered any more. */
	#isDropped = false;

	constructor(socket: Socket, backend: Backend, clientState: ClientState) {
		this.#socket = socket;
		this.#backend = backend;
		this.#clientState = clientState;
		const {gateway} = clientState;
		this.#out = new ReplyWriter(() => (gateway.errorReplies += 1));
		const {subscriber} = clientState;
		this.#modes = new RefusedModes({
			access: new Access(gateway.password),
			isListening: () => subscriber.isSubscribed && clientState.protocol === 2,
			scripts: gateway.scripts,
			databases: gateway.databases,
			tellMonitors(command, parts, database) {
				if (gateway.monitors.count === 0) return;
				const nowMs = performance.timeOrigin + performance.now();
				gateway.monitors.tell(clientState, {command, parts, database, nowMs});
			},
		});
		this.#intake = new Intake(gateway.limits, this.#modes, gateway.slowLog);
		this.#window = new ValueWindow(clientState.gateway);
		this.#outputLimit = new OutputLimit(gateway.limits);
		clientState.connection = this;
		subscriber.start(push => this.#push(push));
	}

	get isDroppedLast(): boolean {
		return this.#clientState.isDroppedLast;
	}

	get memoryBytes(): number {
		const {memoryBytes} = this.#clientState.subscriber;
		const repliesBytes = this.#resultBytes + this.#writtenBytes() + (this.#walk?.heldBytes() ?? 0);
		const {unplannedBytes, queueBytes} = this.#intake;
		return unplannedBytes + queueBytes + memoryBytes + repliesBytes + this.#modes.transactions.heldBytes;
	}

	get isGone(): boolean {
		return this.#isDropped || this.#socket.destroyed;
	}

	/** Begins to read. */
	start(): void {
		this.#socket.on('data', (chunk: Buffer) => {
			if (this.#intake.isEnded) return;
			this.#clientState.gateway.inputBytes += chunk.length;
			this.#intake.push(chunk);
			this.#proceed();
		});
		this.#socket.on('drain', () => this.#proceed());
		this.#socket.on('end', () => {
			this.#peerEnded = true;
			this.#proceed();
		});
		this.#socket.on('timeout', () => this.#timedOut());
	}

	usage(): ClientUsage {
		return {
			requestBytes: this.#intake.unplannedBytes,
			queuedBytes: this.#intake.queueBytes,
			queuedCommands: this.#modes.transactions.queued?.commandCount,
			transactionBytes: this.#modes.transactions.heldBytes,
			replyBytes: this.#out.length,
			unreadBytes: this.#socket.writableLength,
			memoryBytes: this.memoryBytes,
			lastCommand: this.#modes.lastCommand,
		};
	}

	kill(): void {
		if (this.isGone) return;
		this.#letGo();
		this.#socket.destroy();
	}

	/** Nothing stands behind the command that is being answered: see `changesModes`. */
	endAfterReply(): void {
		this.#intake.end();
	}

	evict(): void {
		this.#drop('evicted', 'the connections together hold more requests and replies in memory than they may');
	}

	/** Goes on until it has to wait: for a run, for the client to read its replies, or for more requests. */
	#proceed(): void {
		while (!this.#running && this.#mayServe()) {
			if (this.#many !== undefined) this.#readPiece(this.#many);
			else if (!this.#intake.isBegun || this.#takeRequests() > 0) this.#begin();
			else break;
		}
		if (this.isGone) return;
		this.#flush();
		this.#limitTime();
		const idle = !this.#running && this.#many === undefined && this.#intake.isBegun;
		if (idle && (this.#intake.isEnded || (this.#peerEnded && !this.#isPaused()))) this.#socket.destroySoon();
		else this.#regulateInput();
		this.#countMemory();
	}

	#takeRequests(): number {
		const count = this.#intake.take();
		this.#clientState.gateway.commandsProcessed += count;
		return count;
	}

	#begin(): void {
		const run = this.#intake.nextRun(this.#window.size);
		this.#timed = this.#clientState.gateway.slowLog.isOn ? {run, beganMs: performance.now()} : undefined;
		const plans = run.map(({plan}) => plan);
		const [first] = plans;
		if (first?.type === 'report') void this.#report(plans, first.countsKeys);
		else if (first?.type === 'walk') this.#walkOn(first, first.first);
		else if (first?.type === 'transaction' && first.reports) void this.#reportTransaction(first);
		else if (first?.type === 'transaction') this.#transact(first, noCluster);
		else if (first?.type === 'readMany' && first.operations.length > this.#window.size) {
			this.#flush();
			this.#many = new ManyReads(first, this.#out, this.#clientState);
		} else {
			const operations = operationsOf(plans);
			if (operations.length === 0) this.#conclude(plans, [], noCluster);
			else {
				const bytes = run.reduce((sum, planned) => sum + planned.bytes, 0);
				this.#execute(operations, bytes, settled => this.#conclude(plans, settled, noCluster));
			}
		}
	}

	/** Takes a step, and goes on; replies after the last. */
	#walkOn(walk: Walk, operations: readonly Operation[]): void {
		this.#walk = walk;
		const bytes = operations.reduce((sum, operation) => sum + bytesOfOperation(operation), 0);
		this.#execute(operations, bytes, settled => {
			const failed = settled.find(each => each instanceof Failure);
			const next = failed === undefined ? walk.take(settled as readonly Result[]) : undefined;
			if (next !== undefined) return this.#walkOn(walk, next);
			this.#walk = undefined;
			const kind = operations.every(operation => isRead(operation)) ? 'read' : 'write';
			const refusal: Plan | undefined = failed && refuse(failureText(failed, kind));
			this.#conclude([refusal ?? walk], [], noCluster);
		});
	}

	#transact(plan: Extract<Plan, {type: 'transaction'}>, cluster: ClusterInfo): void {
		const asked = plan.begin();
		if (typeof asked !== 'string') {
			this.#execute([asked], bytesOfOperation(asked), settled => this.#answerTransaction(plan, settled, cluster));
			return;
		}
		const reply = (out: ReplyWriter, clientState: ClientState): void => plan.reply(out, asked, clientState, cluster);
		this.#answerTransaction({type: 'local', reply}, [], cluster);
	}

	/** A PUBLISH in it may be for this connection as well: not in the middle of the reply. */
	#answerTransaction(plan: Plan, settled: readonly Settled[], cluster: ClusterInfo): void {
		this.#holdsPushes = true;
		this.#conclude([plan], settled, cluster);
		this.#holdsPushes = false;
	}

	async #reportTransaction(plan: Extract<Plan, {type: 'transaction'}>): Promise<void> {
		this.#running = true;
		const cluster = await this.#backend.info(true);
		this.#running = false;
		this.#transact(plan, cluster);
		this.#proceed();
	}

	async #report(plans: readonly Plan[], countsKeys: boolean): Promise<void> {
		this.#running = true;
		const cluster = await this.#backend.info(countsKeys);
		this.#running = false;
		this.#conclude(plans, [], cluster);
		this.#proceed();
	}

	/** Carries out operations of one kind, in their turn among those of other connections, and proceeds. */
	#execute(operations: readonly Operation[], requestBytes: number, done: (settled: readonly Settled[]) => void): void {
		const {lane} = this.#clientState.gateway;
		const {valueBytesExpected} = this.#window;
		const client = operations[0] !== undefined && isRead(operations[0]) ? this.#backend.reader : this.#backend.client;
		this.#running = true;
		const execution = new Execution({
			owner: this,
			client,
			lane,
			operations,
			requestBytes,
			valueBytesExpected,
			done: (settled, {values}) => {
				this.#window.learn(values, this.#resultBytes);
				this.#running = false;
				if (!this.isGone) done(settled);
				this.#resultBytes = 0;
				this.#proceed();
			},
		});
		lane.enter(execution);
	}

	operationSettled(valueBytes: number): void {
		this.#resultBytes += valueBytes;
		if (valueBytes >= countedValueBytes && !this.isGone) this.#countMemory();
	}

	#conclude(plans: readonly Plan[], settled: readonly Settled[], cluster: ClusterInfo): void {
		if (this.isGone) return;
		replyToRun(plans, settled, cluster, this.#out, this.#clientState);
		this.#noteTime();
		if (this.#out.length >= flushBytes) this.#flush();
	}

	/** Of each command of the run, from when the first was begun until all were answered. */
	#noteTime(): void {
		if (this.#timed === undefined) return;
		const {run, beganMs} = this.#timed;
		const {gateway, address, name} = this.#clientState;
		const endedMs = performance.now();
		const microseconds = Math.round((endedMs - beganMs) * 1000);
		const time = Math.floor((performance.timeOrigin + endedMs) / 1000);
		for (const {words} of run)
			if (words !== undefined) gateway.slowLog.note({time, microseconds, words, address, name});
		this.#timed = undefined;
	}

	#readPiece(many: ManyReads): void {
		const operations = many.next(this.#window.size);
		this.#execute(operations, operations.length * partOverheadBytes, settled => {
			const state = many.take(settled);
			if (state === 'broken') this.#drop('unreadReplies', 'a value could not be read in the middle of a reply');
			else if (state === 'done') {
				this.#many = undefined;
				this.#noteTime();
			}
			if (state === 'done') this.#clientState.subscriber.release(this.#out);
			if (state === 'more' && this.#out.length >= flushBytes && many.flushes()) this.#flush();
		});
	}

	#flush(): void {
		if (this.isGone || this.#out.length === 0 || this.#many?.mustHold === true) return;
		this.#clientState.activeMs = performance.now();
		this.#clientState.gateway.outputBytes += this.#out.length;
		this.#out.flush(this.#socket);
	}

	#mayServe(): boolean {
		const {waitingRequestsBytesMax} = this.#clientState.gateway.limits;
		if (this.isGone) return false;
		return !this.#isPaused() || this.#intake.unplannedBytes >= waitingRequestsBytesMax;
	}

	/** The client has replies to read before its next requests are carried out. */
	#isPaused(): boolean {
		return this.#socket.writableLength > this.#clientState.gateway.limits.unreadRepliesPauseBytes;
	}

	#unreadBytes(): number {
		return this.#resultBytes + this.#writtenBytes() + this.#clientState.subscriber.heldBytes;
	}

	#writtenBytes(): number {
		return this.#out.length + this.#socket.writableLength;
	}

	/** Writes what nobody has asked for between two replies: not into one, and not where it would be taken for a muted one. */
	#push(push: Push): void {
		if (this.isGone) return;
		const {subscriber, replyMode} = this.#clientState;
		if (this.#many !== undefined || this.#holdsPushes || replyMode !== 'on') subscriber.hold(push, this.#out);
		else push(this.#out);
		this.#countMemory();
		if (this.#isWoken) return;
		this.#isWoken = true;
		// Not at once: one connection may publish many messages in a row.
		queueMicrotask(() => {
			this.#isWoken = false;
			if (this.#many === undefined) subscriber.release(this.#out);
			this.#proceed();
		});
	}

	#regulateInput(): void {
		const {waitingRequestsBytesMax} = this.#clientState.gateway.limits;
		const isPaused = this.#isPaused();
		const mayHold = isPaused ? waitingRequestsBytesMax : heldBytesMax;
		const isFull = (this.#running || isPaused) && this.#intake.unplannedBytes >= mayHold;
		if (isFull === this.#socket.isPaused()) return;
		if (isFull) this.#socket.pause();
		else this.#socket.resume();
	}

	/** The socket's own timer: it begins anew with every byte that the client sends or takes. */
	#limitTime(): void {
		const isTimed = this.#isPaused() || (this.#intake.isEnded && this.#socket.writableLength > 0);
		if (isTimed === this.#isTimed) return;
		this.#isTimed = isTimed;
		this.#socket.setTimeout(isTimed ? this.#clientState.gateway.limits.unreadRepliesTimeoutMs : 0);
	}

	#timedOut(): void {
		const {unreadRepliesTimeoutMs} = this.#clientState.gateway.limits;
		this.#drop('unreadReplies', `it did not read its replies for ${unreadRepliesTimeoutMs / 1000} s`);
	}

	#countMemory(): void {
		if (this.isGone) return;
		const {gateway, subscriber} = this.#clientState;
		const excess = this.#outputLimit.excessOf(this.#unreadBytes(), subscriber.isListening, () => performance.now());
		if (excess === undefined) gateway.memory.count(this);
		else this.#drop('unreadReplies', excess);
	}

	/** Ends the connection, and says why if the client can hear it. */
	#drop(cause: DropCause, reason: string): void {
		if (this.isGone) return;
		this.#letGo();
		this.#clientState.gateway.dropped.add(cause, this.#clientState.address, reason);
		if (this.#socket.writableLength === 0 && this.#out.length === 0)
			this.#socket.write(`-ERR the connection is closed: ${reason}\r\n`);
		if (this.#socket.writableLength === 0) this.#socket.destroySoon();
		else this.#socket.destroy();
	}

	/** Nothing is begun any more, and nothing of it is kept. */
	#letGo(): void {
		this.#isDropped = true;
		this.#intake.letGo();
		this.#modes.transactions.reset();
		this.#many = undefined;
		this.#clientState.subscriber.leave();
		this.#clientState.gateway.memory.remove(this);
	}
}
