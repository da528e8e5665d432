/** Runs what may fail on behalf of a node. The first failure stops the node, and no callback of a storage runs after that. */
import type {Done} from './driver-storage.js';

export class FailureGuard {
	readonly #failed: (error: Error) => void;
	#isStopped = false;

	/** `failed` is called with the first failure, unless the node was stopped before. */
	constructor(failed: (error: Error) => void) {
		this.#failed = failed;
	}

	get isStopped(): boolean {
		return this.#isStopped;
	}

	stop(): void {
		this.#isStopped = true;
	}

	/** `undefined` when the action has failed. */
	run<T>(action: () => T): T | undefined {
		try {
			return action();
		} catch (error) {
			this.#fail(error instanceof Error ? error : new Error(String(error)));
			return undefined;
		}
	}

	/** A storage callback: an error stops the node, because what is on the disk is no longer known. */
	whenDone(continueWith: () => void): Done {
		return error => {
			if (this.#isStopped) return;
			if (error === undefined) this.run(continueWith);
			else this.#fail(error);
		};
	}

	#fail(error: Error): void {
		if (this.#isStopped) return;
		this.#isStopped = true;
		this.#failed(error);
	}
}
