/**
 * The supervisor's end of one worker thread: its control plane over comlink, and its death.
 *
 * comlink never settles a call whose thread has ended, so each call races the thread's exit and a deadline.
 */
import {type Remote, releaseProxy, wrap} from 'comlink';
import {inspect} from 'node:util';
import {type MessagePort, receiveMessageOnPort, Worker} from 'node:worker_threads';
import {DataDirectoryError, StorageCorruptError, StorageFailedError} from '../../src/storage/errors.js';
import {InvariantError} from '../../src/base/errors.js';
import {decodeError} from '../codec/error-codec.js';
import type {EffectBatch, LastWords, NodeNews, Settled, ThreadControl} from '../replica/protocol.js';
import {endpointOf} from '../replica/thread-control.js';
import {threadArguments} from '../thread-arguments.js';
import {describeError, ThreadError} from './errors.js';

const errorClasses = [DataDirectoryError, StorageCorruptError, StorageFailedError, InvariantError];

/** Half of the default: keys and values rest outside the heap, and no load ran slower for it. Saves 24 MB a thread. */
const resourceLimits = {maxYoungGenerationSizeMb: 24};

/** How a thread ended. */
export interface ThreadExit {
	readonly thread: string;
	readonly exitCode: number;
	/** What it died of; `undefined` for a thread that was ended from outside, or that came to its end. */
	readonly error: Error | undefined;
}

/** The end of a thread that somebody waited for. */
export function deathOf({thread, exitCode, error}: ThreadExit, waitedFor: string): ThreadError {
	const reason = error === undefined ? `its exit code is ${exitCode}` : describeError(error);
	return new ThreadError('ERR_THREAD_DIED', `${thread} ended before it answered '${waitedFor}': ${reason}`, {
		cause: error,
	});
}

export class ControlledThread {
	readonly name: string;
	/** Settles once, never rejects. */
	readonly exited: Promise<ThreadExit>;
	readonly #worker: Worker;
	readonly #control: Remote<ThreadControl>;
	readonly #controlPort: MessagePort;
	#exit: ThreadExit | undefined;
	/** To be told of its end: calls that wait for an answer. */
	readonly #calls = new Set<(exit: ThreadExit) => void>();

	/** Is told of effects; set before the thread is asked for any. */
	effects: (batch: EffectBatch) => void = () => undefined;
	/** Is told what the thread's node tells of itself. */
	nodeEvent: (event: NodeNews['event']) => void = () => undefined;

	constructor(name: string, entry: URL, workerData: unknown, controlPort: MessagePort, transferList: MessagePort[]) {
		this.name = name;
		this.#controlPort = controlPort;
		this.#worker = new Worker(entry, {name, workerData, transferList, resourceLimits, ...threadArguments()});
		this.#control = wrap<ThreadControl>(endpointOf(controlPort));
		let error: Error | undefined;
		this.#worker.on('message', (message: LastWords | EffectBatch | NodeNews) => {
			if (message.type === 'effects') this.effects(message);
			else if (message.type === 'nodeEvent') this.nodeEvent(message.event);
			else error = decodeError(message.error, errorClasses);
		});
		// Of a thread that could not say anything: it was not loaded, or it has no memory left.
		this.#worker.on('error', (thrown: unknown) => {
			error ??= thrown instanceof Error ? thrown : new Error(`it threw ${inspect(thrown)}`);
		});
		this.exited = new Promise(resolve => {
			this.#worker.once('exit', exitCode => {
				// The news of its end overtakes the last answers; who waits for them must have them first.
				deliverAll(this.#controlPort);
				setImmediate(() => {
					this.#exit = {thread: name, exitCode, error};
					this.#controlPort.close();
					for (const died of this.#calls) died(this.#exit);
					resolve(this.#exit);
				});
			});
		});
	}

	/** Rejects with what the thread threw, with its class and code; or with a `ThreadError` when no answer comes. */
	async call<K extends keyof ThreadControl>(
		method: K,
		args: Parameters<ThreadControl[K]>,
		timeoutMs: number,
	): Promise<Extract<Awaited<ReturnType<ThreadControl[K]>>, {ok: true}>['value']> {
		const call = this.#control[method] as unknown as (...values: unknown[]) => Promise<Settled<never>>;
		const settled = await this.#orDeath(call(...args), method, timeoutMs);
		if (settled.ok) return settled.value;
		throw decodeError(settled.error, errorClasses);
	}

	/** Ends the thread wherever it is: what `kill -9` is to a process. */
	async kill(): Promise<void> {
		await this.#worker.terminate();
		await this.exited;
	}

	/**
	 * Asks it to finish. Ends it when it does not answer within `timeoutMs`, or has not ended so long after its answer.
	 * Resolves with what went wrong.
	 */
	async stop(timeoutMs: number): Promise<Error | undefined> {
		if (this.#exit !== undefined) return this.#exit.error;
		const failure = await this.call('stop', [], timeoutMs).then(
			() => undefined,
			(error: unknown) => error as Error,
		);
		const hasAnswered = !(failure instanceof ThreadError && failure.code === 'ERR_THREAD_TIMEOUT');
		// One that has not even answered has had its time.
		const timer = setTimeout(() => void this.#worker.terminate(), hasAnswered ? timeoutMs : 0);
		const {error} = await this.exited;
		clearTimeout(timer);
		this.#control[releaseProxy]();
		return failure ?? error;
	}

	/** Not by `exited.then`: a promise that is settled only at the end would keep something of each call until then. */
	async #orDeath<T>(call: Promise<T>, method: string, timeoutMs: number): Promise<T> {
		let timer: NodeJS.Timeout | undefined;
		let died: ((exit: ThreadExit) => void) | undefined;
		const failure = new Promise<never>((_, reject) => {
			timer = setTimeout(
				() =>
					reject(
						new ThreadError('ERR_THREAD_TIMEOUT', `${this.name} did not answer '${method}' within ${timeoutMs} ms`),
					),
				timeoutMs,
			);
			died = exit => reject(deathOf(exit, method));
			if (this.#exit === undefined) this.#calls.add(died);
			else died(this.#exit);
		});
		try {
			return await Promise.race([call, failure]);
		} finally {
			clearTimeout(timer);
			if (died !== undefined) this.#calls.delete(died);
		}
	}
}

/** Gives its listeners at once what has come to the port. */
function deliverAll(port: MessagePort): void {
	for (let next = receiveMessageOnPort(port); next !== undefined; next = receiveMessageOnPort(port)) {
		(port as unknown as EventTarget).dispatchEvent(new MessageEvent('message', {data: next.message as unknown}));
	}
}
