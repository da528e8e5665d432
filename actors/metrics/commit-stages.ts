/**
 * How long writes take from stage to stage on their way to being committed, at the leader:
 *
 *     arrived ── queued ──▶ in the log ── appended ──▶ on its own disk
 *                              └──────── replicated ──────▶ committed ── applied ──▶ in the state
 *
 * Measured of samples, and only while somebody collects. A sample is taken on a grid of time and not when the one before it
 * has ended: in a stall as many are waiting as at any other time.
 */
import type {LogIndex, Milliseconds, ServiceInput} from '../../src/raft/types.js';
import {type DurationHistogram, Durations, operationBoundsMs} from './histogram.js';

/**
 * `queued`: from the arrival of a request at the leader's thread until its entry is in the leader's log. With `kvThread` it
 * begins when the key/value server hands the request over. `appended`: from there until the entry is on the leader's own
 * disk. `replicated`: from the log until the entry is committed. `applied`: from there until the state holds it.
 */
export type CommitStage = 'queued' | 'appended' | 'replicated' | 'applied';
/** Durations of the stages of writes, sampled while somebody collects metrics. */
export type CommitLatency = Readonly<Record<CommitStage, DurationHistogram>>;

export interface CommitStagesOptions {
	readonly now: () => Milliseconds;
	/** Whether samples are taken. */
	readonly isWatched: () => boolean;
	/** Whether `taken` is called; else a sample begins with its proposal. */
	readonly seesRequests: boolean;
}

/** A write that was sampled, and when it came into its present stage. */
interface Sample {
	readonly index: LogIndex;
	readonly since: Milliseconds;
}

/** So long after one sample the next is taken. */
const gridMs: Milliseconds = 5;
/** On their way at once: no more are taken while a commit stalls for longer than this many times the grid. */
const waitingMax = 512;

export class CommitStages {
	readonly #options: CommitStagesOptions;
	readonly #durations: Readonly<Record<CommitStage, Durations>> = {
		queued: new Durations(operationBoundsMs),
		appended: new Durations(operationBoundsMs),
		replicated: new Durations(operationBoundsMs),
		applied: new Durations(operationBoundsMs),
	};
	#sampledAt: Milliseconds = -Infinity;
	/** The request that is the next sample, and when it came. */
	#arrived: {readonly request: object; readonly at: Milliseconds} | undefined;
	/** When the sample of the present turn came. */
	#takenAt: Milliseconds | undefined;
	readonly #proposed = new Map<number, Milliseconds>();
	#inLog: Sample[] = [];
	#uncommitted: Sample[] = [];
	#unapplied: Sample[] = [];

	constructor(options: CommitStagesOptions) {
		this.#options = options;
	}

	get latency(): CommitLatency {
		const {queued, appended, replicated, applied} = this.#durations;
		return {
			queued: queued.histogram,
			appended: appended.histogram,
			replicated: replicated.histogram,
			applied: applied.histogram,
		};
	}

	/** A write has come to this thread. */
	arrived(request: object): void {
		if (!this.#options.isWatched() || this.#arrived !== undefined) return;
		const at = this.#options.now();
		if (this.#isDue(at)) this.#arrived = {request, at};
	}

	/** The server takes a request in, and proposes it before the end of this turn, unless it refuses it. */
	taken(request: object): void {
		if (this.#arrived?.request !== request) return;
		this.#takenAt = this.#arrived.at;
		this.#arrived = undefined;
	}

	/** The server hands a proposal to the node. */
	proposing(proposalId: number): void {
		const at = this.#options.seesRequests ? this.#takenAt : this.#dueNow();
		this.#takenAt = undefined;
		if (at === undefined) return;
		this.#sampledAt = at;
		this.#proposed.set(proposalId, at);
	}

	/** The end of the server's turn. */
	turnEnded(): void {
		this.#takenAt = undefined;
	}

	/** What the node tells the server. */
	told(input: ServiceInput): void {
		switch (input.type) {
			case 'proposed':
				if (this.#proposed.size > 0) this.#append(input.proposalId, input.firstIndex);
				return;
			case 'proposalRefused':
				this.#proposed.delete(input.proposalId);
				return;
			case 'apply':
				if (this.#uncommitted.length > 0) this.#commit(input.entries.at(-1)?.index ?? 0);
				return;
			case 'leadership':
				if (input.role !== 'leader') this.#giveUp();
				return;
			default:
		}
	}

	/** The leader's disk has all entries up to here. */
	durable(index: LogIndex): void {
		if (this.#inLog.length > 0) this.#inLog = this.#leave('appended', this.#inLog, index);
	}

	/** The state includes all entries up to here. */
	applied(index: LogIndex): void {
		if (this.#unapplied.length > 0) this.#unapplied = this.#leave('applied', this.#unapplied, index);
	}

	#append(proposalId: number, index: LogIndex): void {
		const arrivedAt = this.#proposed.get(proposalId);
		if (arrivedAt === undefined) return;
		this.#proposed.delete(proposalId);
		const since = this.#options.now();
		this.#durations.queued.add(since - arrivedAt);
		this.#inLog.push({index, since});
		this.#uncommitted.push({index, since});
	}

	#commit(index: LogIndex): void {
		const since = this.#options.now();
		for (const sample of this.#uncommitted)
			if (sample.index <= index) this.#unapplied.push({index: sample.index, since});
		this.#uncommitted = this.#leave('replicated', this.#uncommitted, index);
	}

	/** Those that do not leave the stage. */
	#leave(stage: CommitStage, samples: Sample[], index: LogIndex): Sample[] {
		if ((samples[0]?.index ?? Infinity) > index) return samples;
		const now = this.#options.now();
		for (const sample of samples) if (sample.index <= index) this.#durations[stage].add(now - sample.since);
		return samples.filter(sample => sample.index > index);
	}

	#isDue(at: Milliseconds): boolean {
		return at - this.#sampledAt >= gridMs && this.#uncommitted.length < waitingMax && this.#proposed.size < waitingMax;
	}

	#dueNow(): Milliseconds | undefined {
		if (!this.#options.isWatched()) return undefined;
		const at = this.#options.now();
		return this.#isDue(at) ? at : undefined;
	}

	/** What becomes of them is not to be learnt here any more. */
	#giveUp(): void {
		this.#proposed.clear();
		this.#inLog = [];
		this.#uncommitted = [];
		this.#unapplied = [];
	}
}
