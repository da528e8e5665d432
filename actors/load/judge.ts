/** The judge's thread, as its owner has it: begun when there is something to judge. */
import {MessageChannel, type MessagePort} from 'node:worker_threads';
import {Piscina} from 'piscina';
import type {KvHistory} from '../../src/linearizability/kv-operation.js';
import type {JudgeAnswer, JudgeMessage, JudgeReport} from './judge-task.js';

interface Running {
	readonly pool: Piscina<{readonly control: MessagePort}, void>;
	readonly control: MessagePort;
}

interface Waiter {
	readonly resolve: (report: JudgeReport) => void;
	readonly reject: (error: Error) => void;
}

export class JudgeThread {
	#running: Running | undefined;
	readonly #waiting = new Map<number, Waiter>();
	#nextId = 0;

	/** Where one more load sends its chapters; to be handed to its thread. */
	newSource(): MessagePort {
		const {port1, port2} = new MessageChannel();
		this.#send({type: 'source', port: port2}, [port2]);
		return port1;
	}

	/** Everything before is forgotten. */
	mark(epoch: number): void {
		this.#send({type: 'mark', epoch});
	}

	/** A window of what was done by hand. */
	take(history: KvHistory): void {
		this.#send({type: 'own', history});
	}

	/** Rejects when the thread dies, or is ended before it answers. */
	judge(question: Omit<Extract<JudgeMessage, {type: 'judge'}>, 'type' | 'id'>): Promise<JudgeReport> {
		const id = this.#nextId++;
		return new Promise((resolve, reject) => {
			this.#waiting.set(id, {resolve, reject});
			this.#send({type: 'judge', id, ...question});
		});
	}

	/** Idempotent. */
	async close(): Promise<void> {
		const running = this.#running;
		this.#running = undefined;
		this.#fail(new Error('the judge was ended'));
		if (running === undefined) return;
		running.control.close();
		await running.pool.destroy();
	}

	#send(message: JudgeMessage, ports: MessagePort[] = []): void {
		this.#running ??= this.#start();
		this.#running.control.postMessage(message, ports);
	}

	#start(): Running {
		const pool = new Piscina<{readonly control: MessagePort}, void>({
			filename: new URL('../../workers/judge-task.js', import.meta.url).href,
			maxThreads: 1,
			// Otherwise the thread stands still when its task waits.
			atomics: 'disabled',
		});
		const {port1: control, port2} = new MessageChannel();
		control.on('message', ({id, report}: JudgeAnswer) => {
			this.#waiting.get(id)?.resolve(report);
			this.#waiting.delete(id);
		});
		// Nobody waits for the judge to end.
		control.unref();
		pool.run({control: port2}, {transferList: [port2]}).catch((error: Error) => this.#fail(error));
		return {pool, control};
	}

	#fail(error: Error): void {
		for (const {reject} of this.#waiting.values()) reject(error);
		this.#waiting.clear();
	}
}
