/**
 * Judges the writes. Each is run at most once, whatever numbers its clerk gave it; what its client is told is the answer of
 * that one run, also where it was refused and asked again; and the writes of one clerk run in the order in which it was asked
 * for them.
 */
import type {MachineTypes} from '../service/machine.js';
import type {Report} from './violation.js';
import type {ClientOperation, OperationWords} from './subject.js';

/** The one time that a write was run: where it changed something, or was refused. */
export interface Run<T extends MachineTypes> {
	readonly write: T['write'];
	readonly result: T['result'];
	readonly revision: number;
	/** Which client operation was told that it is this one. */
	claimedBy: number | undefined;
}

/** What is judged of a client's operation. */
export type AskedOperation<T extends MachineTypes> = Pick<ClientOperation<T>, 'id' | 'clerk' | 'floor'>;

export class WriteJudge<T extends MachineTypes> {
	readonly #words: OperationWords<T>;
	readonly #report: Report;
	readonly #runs = new Map<number, Run<T>>();
	/** See `OperationWords.tokenOf`. */
	readonly #runsByToken = new Map<string, Run<T>>();
	/** Clients were told that these were not run, and never will be. */
	readonly #denied = new Set<string>();
	readonly #settled = new Set<number>();
	/** By clerk: the writes that it was told to be done, in the order of their ids. */
	readonly #orders = new Map<string, {readonly id: number; readonly revision: number}[]>();

	constructor(words: OperationWords<T>, report: Report) {
		this.#words = words;
		this.#report = report;
	}

	/** The one run of this write, if it has a token and was run. */
	runOf(write: T['write']): Run<T> | undefined {
		const token = this.#words.tokenOf(write);
		return token === undefined ? undefined : this.#runsByToken.get(token);
	}

	/** The log runs a write for the first time under its number. */
	ran(write: T['write'], result: T['result'], revision: number): void {
		const run = {write, result, revision, claimedBy: undefined};
		this.#runs.set(revision, run);
		const {describe, tokenOf, show} = this.#words;
		const token = tokenOf(write);
		if (token === undefined) return;
		const before = this.#runsByToken.get(token);
		if (before !== undefined) {
			const again = `was run at revision ${before.revision} and again at ${revision}`;
			this.#report('exactlyOnce', `${describe(write)} (${show(token)}) ${again}`);
		}
		if (this.#denied.has(token)) {
			this.#report('exactlyOnce', `${describe(write)} was run at revision ${revision}, after its client was told no`);
		}
		this.#runsByToken.set(token, run);
	}

	/** A client has been told that its write is done. Gives the revision of its run where that is right. */
	answered(asked: AskedOperation<T>, write: T['write'], result: T['result']): number | undefined {
		const run = this.#findRun(write, result);
		const wrong = this.#wrongWith(asked, write, result, run);
		if (run === undefined || wrong !== undefined) {
			this.dishonest(asked, write, result, wrong ?? 'the log has no run of it');
			return undefined;
		}
		run.claimedBy = asked.id;
		this.#judgeOrder(asked, run.revision);
		return run.revision;
	}

	/** A client has been told that its write was not run, and never will be. */
	denied({id}: AskedOperation<T>, write: T['write']): void {
		const token = this.#words.tokenOf(write);
		if (token === undefined) return;
		const run = this.#runsByToken.get(token);
		this.#denied.add(token);
		if (run === undefined) return;
		const told = `operation ${id} ${this.#words.describe(write)} was told that it was not run`;
		this.#report('honestAnswer', `${told}, and was run at revision ${run.revision}`);
	}

	/** An operation is over, whatever became of it. */
	settled({id}: AskedOperation<T>): void {
		if (this.#settled.has(id)) this.#report('oneAnswer', `operation ${id} was settled twice`);
		this.#settled.add(id);
	}

	dishonest({id}: AskedOperation<T>, operation: T['write'] | T['read'], result: T['result'], why: string): void {
		const {describe, show} = this.#words;
		this.#report('honestAnswer', `operation ${id} ${describe(operation)} was told ${show(result)}, but ${why}`);
	}

	#findRun(write: T['write'], result: T['result']): Run<T> | undefined {
		const token = this.#words.tokenOf(write);
		if (token !== undefined) return this.#runsByToken.get(token);
		return this.#runs.get(this.#words.revisionIn(result) ?? -1);
	}

	#wrongWith(
		{floor}: AskedOperation<T>,
		write: T['write'],
		result: T['result'],
		run: Run<T> | undefined,
	): string | undefined {
		if (run === undefined) return 'the log has no run of it';
		const {describe, isSameWrite, isSameResult, show} = this.#words;
		const {revision} = run;
		if (!isSameWrite(run.write, write)) return `revision ${revision} is another write, ${describe(run.write)}`;
		if (!isSameResult(run.result, result)) return `its one run gave ${show(run.result)}`;
		if (run.claimedBy !== undefined) {
			return `operation ${run.claimedBy} was told that revision ${revision} is its own`;
		}
		return revision <= floor ? `revision ${revision} was there before it was asked` : undefined;
	}

	#judgeOrder({clerk, id}: AskedOperation<T>, revision: number): void {
		let order = this.#orders.get(clerk);
		if (order === undefined) this.#orders.set(clerk, (order = []));
		const place = order.findLastIndex(other => other.id < id) + 1;
		for (const other of [order[place - 1], order[place]]) {
			if (other === undefined || other.id < id === other.revision < revision) continue;
			const detail = `clerk ${clerk} was asked for operations ${other.id} and ${id}`;
			this.#report('sessionOrder', `${detail}, which ran at revisions ${other.revision} and ${revision}`);
		}
		order.splice(place, 0, {id, revision});
	}
}
