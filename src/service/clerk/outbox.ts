/** What a clerk asks of its host, collected until the host takes it. */
import type {NodeId} from '../../raft/types.js';
import type {OperationError} from '../errors.js';
import type {MachineTypes} from '../machine.js';
import type {ServiceRequest} from '../types.js';

/** What became of an operation. */
export type Settlement<T extends MachineTypes> =
	| {readonly type: 'done'; readonly result: T['result']}
	| {readonly type: 'failed'; readonly error: OperationError};

/** What the host is asked to do, in order; `Caller`: what it gave to `submit`. */
export type ClerkEffect<T extends MachineTypes, Caller = unknown> =
	/** The answer comes back by `reply` or `requestLost` with this id. */
	| {readonly type: 'send'; readonly requestId: number; readonly server: NodeId; readonly request: ServiceRequest}
	/** Nobody waits for this request any more. Its reply may still come: its channel must not serve another before. */
	| {readonly type: 'cancel'; readonly requestId: number}
	/** Exactly once for each operation. */
	| {
			readonly type: 'settle';
			readonly operationId: number;
			readonly caller: Caller | undefined;
			readonly settlement: Settlement<T>;
	  };

export class ClerkOutbox<T extends MachineTypes, Caller> {
	#effects: ClerkEffect<T, Caller>[] = [];

	add(effect: ClerkEffect<T, Caller>): void {
		this.#effects.push(effect);
	}

	takeAll(): readonly ClerkEffect<T, Caller>[] {
		const effects = this.#effects;
		this.#effects = [];
		return effects;
	}
}
