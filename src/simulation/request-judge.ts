/**
 * Judges what one clerk sends (src/service/clerk/sender.ts): in a session a write keeps its number, numbers follow the order in which the
 * clerk was asked, and no request passes over a write for whose answer the client still waits. Servers would not run that
 * write any more, so the client would wait in vain.
 */
import type {Codec} from '../base/codec.js';
import {CommandCodec} from '../service/command-codec.js';
import type {MachineTypes} from '../service/machine.js';
import type {Command, ServiceRequest} from '../service/types.js';
import type {Report} from './violation.js';
import type {Subject} from './subject.js';

/** A write that the clerk was asked for and has not settled; `sequence`: 0 before it is sent. */
interface Waiting<T extends MachineTypes> {
	readonly id: number;
	readonly write: T['write'];
	session: number;
	sequence: number;
}

type Writes<T extends MachineTypes> = Extract<Command<T>, {type: 'writes'}>;

/** Of a run. */
type JudgedSubject<T extends MachineTypes> = Pick<Subject<T>, 'machine' | 'words'>;

export class RequestJudge<T extends MachineTypes> {
	readonly #commands: CommandCodec<T>;
	readonly #subject: JudgedSubject<T>;
	readonly #report: Report;
	/** By token. Writes without one are not judged. */
	readonly #waiting = new Map<string, Waiting<T>>();

	constructor(codec: Codec, subject: JudgedSubject<T>, report: Report) {
		this.#commands = new CommandCodec(codec, subject.machine.words);
		this.#subject = subject;
		this.#report = report;
	}

	/** The clerk is asked for a write; later ones have greater ids. */
	asked(id: number, write: T['write']): void {
		const token = this.#tokenOf(write);
		if (token !== undefined) this.#waiting.set(token, {id, write, session: 0, sequence: 0});
	}

	settled(write: T['write']): void {
		const token = this.#tokenOf(write);
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

	#tokenOf(write: T['write']): string | undefined {
		return this.#subject.words.tokenOf(write);
	}

	#number({session, writes}: Writes<T>): void {
		for (const {sequence, write} of writes) {
			const token = write === undefined ? undefined : this.#tokenOf(write);
			const waiting = token === undefined ? undefined : this.#waiting.get(token);
			if (waiting === undefined) continue;
			if (waiting.session === session && waiting.sequence !== sequence) {
				this.#complain(waiting, `is sent as write ${sequence} of its session, and was write ${waiting.sequence}`);
			}
			waiting.session = session;
			waiting.sequence = sequence;
		}
	}

	#judgeOrder({session, acknowledged, after, writes}: Writes<T>): void {
		let before: Waiting<T> | undefined;
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

	#complain({id, write, sequence}: Waiting<T>, what: string): void {
		this.#report('sessionOrder', `operation ${id} ${this.#subject.words.describe(write)}, write ${sequence}, ${what}`);
	}
}
