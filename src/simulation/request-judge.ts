/**
 * Judges what one clerk sends (src/service/clerk.ts): in a session a write keeps its number, numbers follow the order in which the
 * clerk was asked, and no request passes over a write for whose answer the client still waits. Servers would not run that
 * write any more, so the client would wait in vain.
 */
import type {Codec} from '../base/codec.js';
import type {Operation} from '../kv/types.js';
import {kvWords, type KvTypes} from '../kv/words.js';
import {CommandCodec} from '../service/command-codec.js';
import type {Command, ServiceRequest} from '../service/types.js';
import {describe, tokenOf} from './operation-text.js';
import type {Report} from './violation.js';

/** A write that the clerk was asked for and has not settled; `sequence`: 0 before it is sent. */
interface Waiting {
	readonly id: number;
	readonly operation: Operation;
	session: number;
	sequence: number;
}

type Writes = Extract<Command<KvTypes>, {type: 'writes'}>;

export class RequestJudge {
	readonly #commands: CommandCodec<KvTypes>;
	readonly #report: Report;
	/** By name. Writes without a name are not judged. */
	readonly #waiting = new Map<string, Waiting>();

	constructor(codec: Codec, report: Report) {
		this.#commands = new CommandCodec(codec, kvWords);
		this.#report = report;
	}

	/** The clerk is asked for an operation; later ones have greater ids. */
	asked(id: number, operation: Operation): void {
		const token = tokenOf(operation);
		if (token !== undefined) this.#waiting.set(token, {id, operation, session: 0, sequence: 0});
	}

	settled(operation: Operation): void {
		const token = tokenOf(operation);
		if (token !== undefined) this.#waiting.delete(token);
	}

	/** The clerk sends a request; gives the number of its writes. */
	sent(request: ServiceRequest): number {
		if (request.type !== 'write') return 0;
		const command = this.#commands.decodeCommand(request.command);
		if (command?.type !== 'writes') return 0;
		this.#number(command);
		this.#judgeOrder(command);
		return command.writes.length;
	}

	#number({session, writes}: Writes): void {
		for (const {sequence, write} of writes) {
			const token = write === undefined ? undefined : tokenOf(write);
			const waiting = token === undefined ? undefined : this.#waiting.get(token);
			if (waiting === undefined) continue;
			if (waiting.session === session && waiting.sequence !== sequence) {
				this.#complain(waiting, `is sent as write ${sequence} of its session, and was write ${waiting.sequence}`);
			}
			waiting.session = session;
			waiting.sequence = sequence;
		}
	}

	#judgeOrder({session, acknowledged, after, writes}: Writes): void {
		let before: Waiting | undefined;
		for (const waiting of this.#waiting.values()) {
			if (waiting.session !== session) continue;
			// They wait in the order in which the clerk was asked.
			if (before !== undefined && waiting.sequence <= before.sequence) {
				this.#complain(waiting, `was asked for after write ${before.sequence} and has number ${waiting.sequence}`);
			}
			before = waiting;
			const {sequence} = waiting;
			if (sequence <= acknowledged) this.#complain(waiting, `has no answer, and ${acknowledged} is acknowledged`);
			let predecessor = after;
			for (const {sequence: next} of writes) {
				if (predecessor < sequence && sequence < next) {
					this.#complain(waiting, `has no answer, and a request runs write ${next} right after ${predecessor}`);
				}
				predecessor = next;
			}
		}
	}

	#complain({id, operation, sequence}: Waiting, what: string): void {
		this.#report('sessionOrder', `operation ${id} ${describe(operation)}, write ${sequence}, ${what}`);
	}
}
