/**
 * A node of the skeleton: number 0 leads, for ever. What arrived in one turn of the event loop becomes one round: one
 * message for each follower, sent before the leader's own write, answered when a majority has it. A round of reads
 * is one question for all that wait.
 */
import {mkdirSync} from 'node:fs';
import path from 'node:path';
import type {MessagePort} from 'node:worker_threads';
import {codec} from '../../../actors/codec/codec.js';
import {unreachable} from '../../../src/base/errors.js';
import {valueBytes} from '../system.js';
import {FilledFile} from './filled-file.js';
import type {SkeletonEnvelope, SkeletonNodeData, SkeletonPost, SkeletonReply, SkeletonRequest} from './protocol.js';

type Asked = Exclude<SkeletonRequest, {type: 'hello'}>;

interface Waiting {
	readonly port: MessagePort | undefined;
	readonly reply: SkeletonReply;
}

interface Round {
	readonly number: number;
	readonly waiting: readonly Waiting[];
}

export class SkeletonNode {
	readonly #data: SkeletonNodeData;
	readonly #file: FilledFile | undefined;
	readonly #channels = new Map<number, MessagePort>();
	readonly #appendedBy: number[];
	readonly #confirmedBy: number[];
	#replies: MessagePort | undefined;
	/** Taken in this turn. */
	#writes: Asked[] = [];
	#appended: Uint8Array[] = [];
	/** Wait for the next question. */
	#reads: Asked[] = [];
	#writeRounds: Round[] = [];
	#readRound: Round | undefined;
	#appendRound = 0;
	#confirmRound = 0;
	#outgoing: SkeletonEnvelope[] = [];
	#isInTurn = false;

	constructor(data: SkeletonNodeData) {
		this.#data = data;
		this.#appendedBy = new Array<number>(data.nodes).fill(0);
		this.#confirmedBy = new Array<number>(data.nodes).fill(0);
		if (data.durability === 'durable') {
			mkdirSync(data.directory, {recursive: true});
			this.#file = new FilledFile(path.join(data.directory, `node-${data.id}`));
		}
		data.router.on('message', (post: SkeletonPost) => {
			if (Array.isArray(post)) for (const envelope of post as readonly SkeletonEnvelope[]) this.#receive(envelope);
			else this.#receive(post as SkeletonEnvelope);
			if (!this.#isInTurn) setImmediate(() => this.#endTurn());
			this.#isInTurn = true;
		});
	}

	#receive(envelope: SkeletonEnvelope): void {
		switch (envelope.type) {
			case 'hello':
				this.#replies = envelope.replies;
				return;
			case 'batch':
			case 'single':
				if (envelope.type === 'single' && envelope.port !== undefined)
					this.#channels.set(envelope.channel, envelope.port);
				(envelope.kind === 'write' ? this.#writes : this.#reads).push(envelope);
				return;
			case 'append':
				this.#appendRound = envelope.round;
				this.#appended.push(envelope.entries);
				return;
			case 'appendReply':
				this.#appendedBy[envelope.from] = envelope.round;
				return;
			case 'confirm':
				this.#outgoing.push({type: 'confirmReply', to: 0, from: this.#data.id, round: envelope.round});
				return;
			case 'confirmReply':
				this.#confirmedBy[envelope.from] = envelope.round;
				return;
			default:
				return unreachable(envelope);
		}
	}

	#endTurn(): void {
		this.#isInTurn = false;
		if (this.#data.id !== 0) return this.#endFollowersTurn();
		this.#finishReads();
		if (this.#readRound === undefined && this.#reads.length > 0) this.#ask();
		if (this.#writes.length > 0) this.#append();
		else this.#send();
		this.#commit();
	}

	#endFollowersTurn(): void {
		if (this.#appended.length > 0) {
			this.#file?.append(this.#appended);
			this.#appended = [];
			this.#outgoing.push({type: 'appendReply', to: 0, from: this.#data.id, round: this.#appendRound});
		}
		this.#send();
	}

	/** The followers' copies leave before the leader writes its own. */
	#append(): void {
		const round = ++this.#appendRound;
		const waiting = this.#writes.map(asked => this.#waitingOf(asked));
		const entries = codec.encode(this.#writes.map(contentOf));
		this.#writes = [];
		this.#writeRounds.push({number: round, waiting});
		for (let to = 1; to < this.#data.nodes; to++) this.#outgoing.push({type: 'append', to, round, entries});
		this.#send();
		this.#file?.append([entries]);
		this.#appendedBy[0] = round;
	}

	#commit(): void {
		const committed = majority(this.#appendedBy);
		let count = 0;
		while ((this.#writeRounds[count]?.number ?? Infinity) <= committed) count++;
		if (count > 0) this.#answer(this.#writeRounds.splice(0, count));
	}

	#ask(): void {
		const number = ++this.#confirmRound;
		this.#readRound = {number, waiting: this.#reads.map(asked => this.#waitingOf(asked))};
		this.#reads = [];
		this.#confirmedBy[0] = number;
		for (let to = 1; to < this.#data.nodes; to++) this.#outgoing.push({type: 'confirm', to, round: number});
	}

	#finishReads(): void {
		const round = this.#readRound;
		if (round === undefined || majority(this.#confirmedBy) < round.number) return;
		this.#readRound = undefined;
		this.#answer([round]);
	}

	#waitingOf(asked: Asked): Waiting {
		const count = asked.type === 'batch' ? asked.count : 1;
		const values = asked.kind === 'read' ? new Uint8Array(count * valueBytes) : undefined;
		const port = asked.type === 'single' ? this.#channels.get(asked.channel) : undefined;
		return {port, reply: {id: asked.id, values}};
	}

	/** To a port of its own each, or all in one message. */
	#answer(rounds: readonly Round[]): void {
		const batch: SkeletonReply[] = [];
		for (const {waiting} of rounds) {
			for (const {port, reply} of waiting) {
				if (port === undefined) batch.push(reply);
				else port.postMessage(reply);
			}
		}
		if (batch.length > 0) this.#replies?.postMessage(batch);
	}

	#send(): void {
		if (this.#outgoing.length === 0) return;
		this.#data.router.postMessage(this.#outgoing);
		this.#outgoing = [];
	}
}

/** What goes into the log of an operation, or of a batch of them that was encoded at the edge. */
const contentOf = (asked: Asked): unknown =>
	asked.type === 'batch' ? asked.operations : {key: asked.key, value: asked.value};

/** The highest round that a majority has reached. */
const majority = (rounds: readonly number[]): number =>
	[...rounds].sort((a, b) => b - a)[Math.floor(rounds.length / 2)] ?? 0;
