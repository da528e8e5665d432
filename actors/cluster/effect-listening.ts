/** How a program begins to listen to what the machine emits, and ends it. */
import {performance} from 'node:perf_hooks';
import {setTimeout as sleep} from 'node:timers/promises';
import type {NodeId} from '../../src/raft/types.js';
import {OperationError} from '../../src/service/errors.js';
import type {MachineTypes} from '../../src/service/machine.js';
import {isAborted, unlessAborted, WaitAbortedError} from '../abort.js';
import {onAbort} from '../on-abort.js';
import type {EffectListener, EffectStream, MissedEffects} from './effect-stream.js';
import {closedError, ClusterStateError, ThreadError} from './errors.js';
import {leaderPollMs, type LivingLeader} from './leader-watch.js';

/** How effects are listened to. All of it can be left out. */
export interface EffectOptions {
	/** How long a leader is waited for, ms. @default 10000 */
	readonly timeoutMs?: number;
	/** Ends the wait, or the listening, when it is aborted. */
	readonly signal?: AbortSignal | undefined;
	/** Is told when effects may have been lost. @default nobody */
	readonly missed?: (missed: MissedEffects) => void;
}

export interface EffectListeningOptions<T extends MachineTypes> {
	readonly stream: EffectStream<T>;
	readonly livingLeader: () => Promise<LivingLeader | undefined>;
	/** Resolves when this node, as a leader, has answered a read. */
	readonly readAsLeader: (id: NodeId, timeoutMs: number, signal: AbortSignal | undefined) => Promise<void>;
	/** Has all nodes tell effects, or none of them, as there are listeners. */
	readonly tellEffects: () => Promise<void>;
}

const what = 'the beginning of effects';
/** How long a leader that has answered a read may take to begin. */
const tellTimeoutMs = 5000;

export class EffectListening<T extends MachineTypes> {
	readonly #options: EffectListeningOptions<T>;
	#isClosed = false;

	constructor(options: EffectListeningOptions<T>) {
		this.#options = options;
	}

	/** See `Cluster.onEffect`. */
	async begin(
		listener: EffectListener<T>,
		{timeoutMs, missed, signal}: EffectOptions & Required<Pick<EffectOptions, 'timeoutMs' | 'missed'>>,
	): Promise<() => void> {
		const {stream, tellEffects} = this.#options;
		const silence = (): void => {
			if (!stream.isHeard) void tellEffects();
		};
		try {
			const after = await unlessAborted(signal, what, () => this.#presentRevision(timeoutMs, signal));
			const remove = stream.add({listener, missed, after});
			let release: (() => void) | undefined;
			const end = (): void => {
				release?.();
				remove();
				silence();
			};
			release = signal && onAbort(signal, end);
			await tellEffects();
			if (signal?.aborted === true) throw new WaitAbortedError(what, signal.reason);
			return end;
		} catch (error) {
			silence();
			throw error;
		}
	}

	/** What waits for a leader rejects soon. */
	close(): void {
		this.#isClosed = true;
	}

	/** A revision that no write acknowledged so far is beyond. The leader tells effects from there on. */
	async #presentRevision(timeoutMs: number, signal: AbortSignal | undefined): Promise<number> {
		const {stream, livingLeader, readAsLeader} = this.#options;
		const deadline = performance.now() + timeoutMs;
		for (let left = timeoutMs; left >= 0 && !isAborted(signal); left = deadline - performance.now()) {
			if (this.#isClosed) throw closedError();
			// Its life is known before the read: so it is this life that answers the read, and no later one.
			const leader = await livingLeader();
			if (leader !== undefined) {
				try {
					await readAsLeader(leader.id, Math.max(1, left), signal);
					// Nobody waits any more, and the node must not begin to tell.
					if (isAborted(signal)) break;
					const told = await leader.replica.tellEffects(stream.through, tellTimeoutMs);
					stream.skipTo(told);
					return told;
				} catch (error) {
					// It leads no more, or has ended: another one is asked.
					if (!(error instanceof OperationError) && !(error instanceof ThreadError)) throw error;
				}
			}
			await sleep(leaderPollMs);
		}
		const message = `no leader answered within ${timeoutMs} ms, so no effects are told: is a majority of the nodes up and connected?`;
		throw new ClusterStateError(message);
	}
}
