/** The session that a clerk writes under: at most one at a time, and after one has ended none until the next is open. */
import type {Milliseconds} from '../../raft/types.js';
import {ClientSession} from './client-session.js';

export class SessionInUse {
	readonly #windowMax: number;
	#session: ClientSession | undefined;
	/** The session that the next one takes the place of; 0: none. */
	#endedId = 0;
	/** The session before this one has ended, and requests under it may still be in flight. */
	#isChanging = false;

	/** `windowMax`: see `ClerkLimits`. */
	constructor(windowMax: number) {
		this.#windowMax = windowMax;
	}

	get session(): ClientSession | undefined {
		return this.#session;
	}

	get endedId(): number {
		return this.#endedId;
	}

	get isChanging(): boolean {
		return this.#isChanging;
	}

	/** The servers have opened it. `openedAt`: when they were asked to. */
	open(id: number, timeoutMs: Milliseconds, openedAt: Milliseconds): void {
		this.#session = new ClientSession({id, windowMax: this.#windowMax, timeoutMs, openedAt});
	}

	/** This session has ended, or is to be replaced. */
	end({id}: ClientSession): void {
		this.#session = undefined;
		this.#endedId = id;
		this.#isChanging = true;
	}

	/** Nothing of the session before is in flight any more. */
	changed(): void {
		this.#isChanging = false;
	}
}
