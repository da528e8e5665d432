import type {StopReason} from './actor.js';
import type {Endpoint, Envelope} from './endpoint.js';
import {ActorStoppedError, LinkClosedError} from './errors.js';
import type {Runtime} from './runtime.js';

/** What stands behind a reference that leads nowhere. */
export class DeadEndpoint implements Endpoint {
	readonly #runtime: Runtime;
	readonly #address: string;
	/** Set when no link leads to the system that it belongs to. */
	readonly #unlinkedSystemId: string | undefined;

	constructor(runtime: Runtime, address: string, unlinkedSystemId: string | undefined) {
		this.#runtime = runtime;
		this.#address = address;
		this.#unlinkedSystemId = unlinkedSystemId;
	}

	deliver({message, ask}: Envelope): boolean {
		const systemId = this.#unlinkedSystemId;
		this.#runtime.events.deadLetter(systemId === undefined ? 'stopped' : 'unreachable', this.#address, message);
		ask?.fail(systemId === undefined ? new ActorStoppedError(this.#address) : new LinkClosedError(systemId));
		return false;
	}

	watch(onStopped: (reason: StopReason) => void): () => void {
		const type = this.#unlinkedSystemId === undefined ? 'notFound' : 'unreachable';
		return this.#runtime.later(() => onStopped({type}));
	}

	stop(): void {
		// There is nothing to stop.
	}
}
