/** The thread's end of the control plane: comlink over a port of its own. */
import {expose, type Endpoint} from 'comlink';
import {type MessagePort, parentPort} from 'node:worker_threads';
import {encodeError} from '../codec/error-codec.js';
import type {EffectBatch, LastWords, NodeNews, Settled, ThreadControl} from './protocol.js';

/** Makes the outcome of an action data: comlink would drop an error's class, code and fields. */
export async function settle<T>(action: () => T | Promise<T>): Promise<Settled<T>> {
	try {
		return {ok: true, value: await action()};
	} catch (error) {
		return {ok: false, error: encodeError(error)};
	}
}

/** A node port speaks comlink's language already: it is an event target, and has `start`. */
export const endpointOf = (port: MessagePort): Endpoint => port;

export function exposeControl(control: ThreadControl, port: MessagePort): void {
	expose(control, endpointOf(port));
}

/**
 * The answer to the message that is handled now goes out first, and no other message is handled before this: comlink answers
 * in a microtask, and Node runs what is due next when no microtask is left.
 */
export function afterAnswer(callback: () => void): void {
	queueMicrotask(() => process.nextTick(callback));
}

/** Tells the supervisor what a machine or a node told. */
export function tellSupervisor(news: EffectBatch | NodeNews): void {
	parentPort?.postMessage(news);
}

/** Blocks the event loop of a thread, timers and all, until somebody rings its alarm at the latest. */
export class Alarm {
	readonly #rings: Int32Array;

	constructor(memory: SharedArrayBuffer) {
		this.#rings = new Int32Array(memory);
	}

	/** For `blockFor`: what rings from now on is heard. */
	get rings(): number {
		return Atomics.load(this.#rings, 0);
	}

	/** Of this thread. `rings`: those that were heard before. */
	blockFor(ms: number, rings = this.rings): void {
		Atomics.wait(this.#rings, 0, rings, ms);
	}

	/** Of another thread: it goes on. */
	ring(): void {
		Atomics.add(this.#rings, 0, 1);
		Atomics.notify(this.#rings, 0);
	}
}

export const newAlarmMemory = (): SharedArrayBuffer => new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);

/**
 * Tells the supervisor what this thread dies of, and ends the thread. Node's own report of an uncaught error loses its
 * class, the code of its cause, and of a DOMException all there is.
 */
export function sayLastWords(): void {
	process.once('uncaughtException', error => {
		parentPort?.postMessage({type: 'lastWords', error: encodeError(error)} satisfies LastWords);
		process.exit(1);
	});
}
