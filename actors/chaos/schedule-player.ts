/** Carries out a schedule of faults in real time, and leaves none of them behind, however it ends. */
import {setTimeout as sleep} from 'node:timers/promises';
import {endsWithStart, type Fault, type FaultEvent, isMomentary} from '../../src/faults/faults.js';
import type {FaultBearer} from './fault-bearer.js';

/** A fault that was set or cleared, and when that was begun: ms from the start. */
export type PlayedEvent = FaultEvent;

/** A fault that could not be set or cleared, and why. */
export interface FailedEvent {
	readonly event: FaultEvent;
	readonly error: Error;
}

export interface PlayOptions {
	readonly signal: AbortSignal;
	/** Told of each event as it begins, with the time of that. */
	readonly told: (event: PlayedEvent) => void;
	/** Monotonic ms. */
	readonly now: () => number;
	/** The schedule goes on that long, without a fault at its end. */
	readonly durationMs: number;
}

/** What became of a schedule of faults. */
export interface PlayReport {
	/** In the order in which they began; those at the end that heal what an abort left are among them. */
	readonly events: readonly PlayedEvent[];
	readonly failures: readonly FailedEvent[];
	/** The signal was aborted before the end. */
	readonly isCancelled: boolean;
}

/**
 * Resolves when the schedule is over, and all that it set is healed; once the signal is aborted, as soon as that is so. An event
 * that fails is noted, and the others go on: a node that cannot start while its disk is broken is a part of the game.
 */
export async function playSchedule(
	events: readonly FaultEvent[],
	bearer: FaultBearer,
	options: PlayOptions,
): Promise<PlayReport> {
	const player = new Player(bearer, options);
	try {
		for (const event of events) {
			if (!(await player.waitUntil(event.atMs))) break;
			player.begin(event);
		}
		await player.waitUntil(options.durationMs);
	} finally {
		await player.healAll();
	}
	return player.report;
}

/** How long a fault lasts by itself: what is not over when the schedule is must be ended, too. */
function lastsMs(fault: Fault): number {
	switch (fault.type) {
		case 'pause':
			return fault.durationMs;
		case 'clockJump':
			// Back it does not go: it stands still for so long.
			return Math.max(0, -fault.byMs);
		case 'failedSync':
			// The next one fails, and there may be none for long.
			return Infinity;
		default:
			return isMomentary(fault) ? 0 : Infinity;
	}
}

class Player {
	readonly #bearer: FaultBearer;
	readonly #options: PlayOptions;
	readonly #startedAt: number;
	readonly #events: PlayedEvent[] = [];
	readonly #failures: FailedEvent[] = [];
	/** What is under way, by the name of the fault. To end one that is still being set has to wait for that. */
	readonly #work = new Map<string, Promise<void>>();
	/** Each fault that is not healed, by its name. `untilMs`: when it is over by itself, from the start. */
	readonly #unhealed = new Map<string, {readonly fault: Fault; readonly untilMs: number}>();
	#isCancelled = false;

	constructor(bearer: FaultBearer, options: PlayOptions) {
		this.#bearer = bearer;
		this.#options = options;
		this.#startedAt = options.now();
	}

	get report(): PlayReport {
		return {events: this.#events, failures: this.#failures, isCancelled: this.#isCancelled};
	}

	/** Answers whether that time has come: not if the signal is aborted before. */
	async waitUntil(atMs: number): Promise<boolean> {
		const {signal, now} = this.#options;
		const leftMs = (): number => atMs - (now() - this.#startedAt);
		// A timer counts whole milliseconds of the event loop's clock, and may be a little early.
		while (leftMs() > 0 && !signal.aborted) {
			await sleep(Math.ceil(leftMs()), undefined, {signal}).catch(() => undefined);
		}
		this.#isCancelled ||= signal.aborted;
		return !signal.aborted;
	}

	/** Does not wait: a fault that takes long to set must not make the next one late. */
	begin(event: FaultEvent): void {
		const {told, now} = this.#options;
		const played = {...event, atMs: now() - this.#startedAt};
		this.#events.push(played);
		told(played);
		if (event.type === 'heal') this.#unhealed.delete(event.id);
		else this.#unhealed.set(event.id, {fault: event.fault, untilMs: played.atMs + lastsMs(event.fault)});
		const before = this.#work.get(event.id) ?? Promise.resolve();
		this.#work.set(
			event.id,
			before.then(() => this.#carryOut(event)),
		);
	}

	/** Nodes start when all else is healed: not while their disks are still broken. */
	async healAll(): Promise<void> {
		await this.#healNow(fault => !endsWithStart(fault));
		await this.#healNow(endsWithStart);
	}

	/** The newest first. */
	async #healNow(isMeant: (fault: Fault) => boolean): Promise<void> {
		const presentMs = this.#options.now() - this.#startedAt;
		for (const [id, {fault, untilMs}] of [...this.#unhealed].reverse()) {
			if (untilMs > presentMs && isMeant(fault)) this.begin({type: 'heal', atMs: 0, id});
		}
		await Promise.all(this.#work.values());
	}

	async #carryOut(event: FaultEvent): Promise<void> {
		try {
			if (event.type === 'heal') await this.#bearer.heal(event.id);
			else await this.#bearer.inject(event.id, event.fault);
		} catch (error) {
			this.#failures.push({event, error: error instanceof Error ? error : new Error(String(error))});
		}
	}
}
