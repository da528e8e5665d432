/** What a clerk asks of its host, collected until the host takes it. */
import type {NodeId} from '../../raft/types.js';
import type {OperationError} from '../errors.js';
import type {MachineTypes} from '../machine.js';
import type {ServiceRequest} from '../types.js';

/** What became of an operation: one of these, exactly once for each. `Caller`: what the host gave to `submit`. */
export type Settlement<T extends MachineTypes, Caller = unknown> =
	| {
			readonly type: 'done';
			readonly operationId: number;
			readonly caller: Caller | undefined;
			readonly result: T['result'];
	  }
	| {
			readonly type: 'failed';
			readonly operationId: number;
			readonly caller: Caller | undefined;
			readonly error: OperationError;
	  };

/** What the host is asked to do, in order. */
export type ClerkEffect<T extends MachineTypes, Caller = unknown> =
	/** The answer comes back by `reply` or `requestLost` with this id. */
	| {readonly type: 'send'; readonly requestId: number; readonly server: NodeId; readonly request: ServiceRequest}
	/** Nobody waits for this request any more. Its reply may still come: its channel must not serve another before. */
	| {readonly type: 'cancel'; readonly requestId: number}
	| Settlement<T, Caller>;

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
