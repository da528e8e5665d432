/** What waits to be sent: first what is to be sent again, then what never was. Settled ones may be among them, and are skipped. */
import {Queue} from '../../base/queue.js';
import type {LastReply} from '../errors.js';
import type {MachineTypes} from '../machine.js';
import {isSettled, type Attempt, type Operation, type Task} from './task.js';
import {bySubmission} from './unsettled-tasks.js';

export class WaitingTasks<T extends MachineTypes, Caller> {
	/** Never sent. */
	readonly writes = new Queue<Task<T, Caller>>();
	readonly reads = new Queue<Task<T, Caller>>();
	/** To be sent again, before those that were never sent. */
	#retries: Task<T, Caller>[] = [];

	get isEmpty(): boolean {
		return this.#retries.length + this.writes.length + this.reads.length === 0;
	}

	get hasWrites(): boolean {
		return this.writes.length > 0 || this.#retries.some(task => task.operation.type === 'write');
	}

	add(task: Task<T, Caller>): void {
		(task.operation.type === 'write' ? this.writes : this.reads).push(task);
	}

	/** To be sent again, for this reason. */
	retry(task: Task<T, Caller>, lastReply: LastReply): void {
		task.lastReply = lastReply;
		this.#retries.push(task);
	}

	/** The same for all of an attempt. */
	retryAll({tasks}: Attempt<T, Caller>, lastReply: LastReply): void {
		for (const task of tasks) {
			if (!isSettled(task)) this.retry(task, lastReply);
		}
	}

	/** They are sent in the order in which they were submitted. */
	sortRetries(): void {
		this.#retries.sort(bySubmission);
	}

	/** Those of one type that are to be sent again. */
	takeRetries(type: Operation<T>['type']): Queue<Task<T, Caller>> {
		const taken = new Queue<Task<T, Caller>>();
		if (this.#retries.length === 0) return taken;
		const others: Task<T, Caller>[] = [];
		for (const task of this.#retries) {
			if (isSettled(task)) continue;
			if (task.operation.type === type) taken.push(task);
			else others.push(task);
		}
		this.#retries = others;
		return taken;
	}

	/** What is left of what was taken. */
	putBack(retries: Queue<Task<T, Caller>>): void {
		this.#retries.push(...retries.takeAll());
	}
}
