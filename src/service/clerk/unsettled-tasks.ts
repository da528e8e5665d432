/** The operations that a clerk owes a settlement: each gets exactly one. */
import type {Milliseconds} from '../../raft/types.js';
import type {OperationError} from '../errors.js';
import type {MachineTypes} from '../machine.js';
import type {Attempts} from './attempts.js';
import type {ClerkOutbox} from './outbox.js';
import {isSettled, settledOffset, type Task} from './task.js';

export class UnsettledTasks<T extends MachineTypes, Caller> {
	readonly #attempts: Attempts<T, Caller>;
	readonly #outbox: ClerkOutbox<T, Caller>;
	/** In no order. An array: what a Map takes to add and delete each operation shows from 64 in flight on. */
	readonly #tasks: Task<T, Caller>[] = [];
	/** Not after the earliest deadline of any; found again when it is reached, since tasks mostly settle before. */
	#earliestDeadline = Infinity;

	constructor(attempts: Attempts<T, Caller>, outbox: ClerkOutbox<T, Caller>) {
		this.#attempts = attempts;
		this.#outbox = outbox;
	}

	get count(): number {
		return this.#tasks.length;
	}

	/** When to call `findExpired` at the latest. */
	get nextDeadline(): Milliseconds {
		return this.#earliestDeadline;
	}

	/** `task.offset` is `count`. */
	add(task: Task<T, Caller>): void {
		this.#tasks.push(task);
		this.#earliestDeadline = Math.min(this.#earliestDeadline, task.deadline);
	}

	fail(task: Task<T, Caller>, error: OperationError): void {
		if (isSettled(task)) return;
		this.#leave(task);
		this.#outbox.add({type: 'failed', operationId: task.id, caller: task.caller, error});
		this.#attempts.leave(task);
	}

	finish(task: Task<T, Caller>, result: T['result']): void {
		if (isSettled(task)) return;
		this.#leave(task);
		this.#outbox.add({type: 'done', operationId: task.id, caller: task.caller, result});
		this.#attempts.leave(task);
	}

	/** Those past their deadline, in the order in which they were submitted. The caller fails them. */
	findExpired(now: Milliseconds): readonly Task<T, Caller>[] {
		this.#earliestDeadline = Infinity;
		const expired: Task<T, Caller>[] = [];
		for (const task of this.#tasks) {
			if (task.deadline > now) this.#earliestDeadline = Math.min(this.#earliestDeadline, task.deadline);
			else expired.push(task);
		}
		// Only those: all of them, tens of thousands when much is waiting, are too many to sort for each that expires.
		return expired.sort(bySubmission);
	}

	/** A copy, in the order in which they were submitted: each can be settled while it is gone through. */
	inOrder(): readonly Task<T, Caller>[] {
		return [...this.#tasks].sort(bySubmission);
	}

	#leave(task: Task<T, Caller>): void {
		this.#remove(task);
		// Also when it is given up: this client never asks for the answer again, so the servers may forget it, and a copy
		// that is still on its way will be refused instead of run late.
		task.identity?.session.settle(task.identity.sequence);
	}

	/** The last takes its place. */
	#remove(task: Task<T, Caller>): void {
		const last = this.#tasks.pop();
		if (last !== undefined && last !== task) {
			this.#tasks[task.offset] = last;
			last.offset = task.offset;
		}
		task.offset = settledOffset;
	}
}

type Submitted = Pick<Task<MachineTypes, unknown>, 'id'>;

export const bySubmission = (left: Submitted, right: Submitted): number => left.id - right.id;
