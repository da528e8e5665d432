import {mayReturnValue} from '../../src/kv/operation-bytes.js';
import type {ReadOperation} from '../../src/kv/types.js';
import {assert} from '../../src/base/errors.js';
import type {Plan, Settled} from './commands/command.js';
import {Failure} from './commands/failure.js';
import {failureText} from './commands/failures.js';
import type {ReplyMark, ReplyWriter} from './reply-writer.js';
import {endReply, isMuted} from './run.js';
import type {ClientState} from './client-state.js';

/** Reads of one piece that bring no values. */
const withoutValuesMax = 1024;

/** A request for more values than are read at once: read piece by piece, and answered as they come. */
export class ManyReads {
	readonly #plan: Extract<Plan, {type: 'readMany'}>;
	readonly #out: ReplyWriter;
	readonly #clientState: ClientState;
	/** Where its reply begins, as long as nothing of that was handed to the socket. */
	readonly #mark: ReplyMark;
	#isFlushed = false;
	#offset = 0;

	constructor(plan: Extract<Plan, {type: 'readMany'}>, out: ReplyWriter, clientState: ClientState) {
		this.#plan = plan;
		this.#out = out;
		this.#clientState = clientState;
		this.#mark = out.mark();
		plan.reply.begin(out, plan.operations.length);
	}

	/** What is collected must not be handed to the socket yet: an error could still take its place. */
	get mustHold(): boolean {
		return !this.#isFlushed;
	}

	/** The next operations: at most so many that bring values. */
	next(values: number): readonly ReadOperation[] {
		const {operations} = this.#plan;
		const [first] = operations;
		const count = first !== undefined && mayReturnValue(first) ? values : withoutValuesMax;
		return operations.slice(this.#offset, this.#offset + count);
	}

	/** Takes their results. `broken`: one failed, when it was too late for an error reply. */
	take(settled: readonly Settled[]): 'more' | 'done' | 'broken' {
		const {operations, reply} = this.#plan;
		const failure = settled.find(each => each instanceof Failure);
		if (failure !== undefined) return this.#fail(failure);
		for (const each of settled) {
			assert(!(each instanceof Failure), 'none of these failed');
			reply.each(this.#out, each);
		}
		this.#offset += settled.length;
		const isDone = this.#offset === operations.length;
		if (isDone) reply.end(this.#out);
		if (isMuted(this.#clientState)) this.#out.takeBack(this.#mark);
		if (!isDone) return 'more';
		this.#isFlushed = true;
		endReply(this.#clientState);
		return 'done';
	}

	/** What is collected has become too much to hold back; false when it need not be sent. */
	flushes(): boolean {
		if (isMuted(this.#clientState)) return false;
		this.#isFlushed = true;
		return true;
	}

	#fail(failure: Failure): 'done' | 'broken' {
		if (this.#isFlushed) return 'broken';
		this.#out.takeBack(this.#mark);
		if (!isMuted(this.#clientState)) this.#out.error(failureText(failure, 'read'));
		endReply(this.#clientState);
		return 'done';
	}
}
