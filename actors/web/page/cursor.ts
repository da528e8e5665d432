/** The moment that the page shows: it follows a living cluster, stands still, moves by steps, or plays. */
import type {Store} from './store.js';

/** A living cluster is shown so late, ms: then what comes in has come before it is drawn. */
const lagMs = 140;

export class Cursor {
	/** Of the step that is shown last; in all steps that the store ever had. */
	#offset = 0;
	#at = 0;
	/** Virtual ms for each ms that passes. */
	speed = 1;
	isPlaying = false;
	isFollowing: boolean;
	readonly #store: Store;
	/** The page's clock at time 0 of the cluster. */
	#origin = Infinity;

	constructor(store: Store, isLive: boolean) {
		this.#store = store;
		this.isFollowing = isLive;
	}

	/** Among the steps that the store has now. */
	get offset(): number {
		return Math.min(Math.max(0, this.#offset - this.#store.dropped), Math.max(0, this.#store.steps.length - 1));
	}

	get at(): number {
		return this.#at;
	}

	/** A step has come in, at this time of the page's clock, ms. */
	heard(at: number, now: number): void {
		// The fastest one tells the clocks' difference; it is forgotten slowly, as clocks drift.
		this.#origin = Math.min(this.#origin + 0.02, now - at);
	}

	follow(): void {
		this.isFollowing = true;
		this.isPlaying = false;
	}

	goToOffset(offset: number): void {
		const last = this.#store.steps.length - 1;
		const place = Math.min(Math.max(0, offset), Math.max(0, last));
		this.isFollowing = false;
		this.#offset = place + this.#store.dropped;
		this.#at = this.#store.steps[place]?.at ?? 0;
	}

	goToTime(at: number): void {
		this.goToOffset(this.#store.offsetAt(at));
	}

	/** Time passes; `passedMs`: on the page's clock. */
	tick(now: number, passedMs: number): void {
		const {steps, dropped, endAt} = this.#store;
		if (this.isFollowing) {
			this.#at = Math.max(this.#at, Math.min(now - this.#origin - lagMs, endAt + lagMs));
			this.#offset = Math.max(0, this.#store.offsetAt(this.#at)) + dropped;
			return;
		}
		if (!this.isPlaying) return;
		const at = this.#at + passedMs * this.speed;
		this.#offset = Math.max(this.#offset, this.#store.offsetAt(at) + dropped);
		this.#at = at;
		if (this.offset < steps.length - 1) return;
		this.isPlaying = false;
		this.#at = endAt;
	}
}
