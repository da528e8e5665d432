/** The thread's end of the control plane: comlink over a port of its own. */
import {expose, type Endpoint} from 'comlink';
import type {MessagePort} from 'node:worker_threads';
import {encodeError} from '../runtime/error-codec.js';
import type {Settled, ThreadControl} from './protocol.js';

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

/** Blocks this thread's event loop, timers and all. */
export function blockFor(ms: number): void {
	Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}
