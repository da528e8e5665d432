/** Notices when a leader has entries that it cannot commit: what a client feels before an election changes anything. */
import type {RaftLimits} from './options.js';
import type {Outbox} from './outbox.js';
import type {ReplicatedLog} from './replicated-log.js';
import type {Clock} from './step-clock.js';
import type {Milliseconds, Term} from './types.js';

export interface CommitWatchContext {
	readonly term: Term;
	readonly limits: Pick<RaftLimits, 'electionTimeoutMs'>;
	readonly clock: Clock;
	readonly replicated: Pick<ReplicatedLog, 'log' | 'commitIndex'>;
	readonly outbox: Pick<Outbox, 'report'>;
}

export class CommitWatch {
	readonly #context: CommitWatchContext;
	/** When the commit index last moved, or the first entry after it was appended; in the beginning, when this leader began. */
	#waitingSince: Milliseconds;
	#isStalled = false;

	constructor(context: CommitWatchContext) {
		this.#context = context;
		// What a leader before it has left uncommitted is there from the first moment on.
		this.#waitingSince = context.clock.now;
	}

	/** An entry is about to be appended. */
	appending(): void {
		const {clock, replicated} = this.#context;
		if (replicated.log.lastIndex === replicated.commitIndex) this.#waitingSince = clock.now;
	}

	/** The commit index has moved. */
	moved(): void {
		const {term, clock, replicated, outbox} = this.#context;
		if (this.#isStalled) {
			const stalledMs = clock.now - this.#waitingSince;
			outbox.report({type: 'commitResumed', term, commitIndex: replicated.commitIndex, stalledMs});
		}
		this.#isStalled = false;
		this.#waitingSince = clock.now;
	}

	/** Tells once that nothing has been committed for an election timeout. */
	check(): void {
		const {term, limits, clock, replicated, outbox} = this.#context;
		const {commitIndex} = replicated;
		const {lastIndex} = replicated.log;
		const stalledMs = clock.now - this.#waitingSince;
		if (this.#isStalled || lastIndex === commitIndex || stalledMs < limits.electionTimeoutMs) return;
		this.#isStalled = true;
		outbox.report({type: 'commitStalled', term, commitIndex, lastIndex, stalledMs});
	}
}
