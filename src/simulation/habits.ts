/**
 * What clients do beside asking for one thing after the other: many of them send several operations without waiting, give
 * up soon, stay silent for long, or go and come back. Most runs have one or two of these habits, some have none.
 */
import type {Random} from '../base/random.js';

/** Each chance is for one operation of a slot; 0: never. */
export interface Habits {
	/** A slot asks for several operations in one turn, as a connection does that sends without waiting. */
	readonly train: {readonly chance: number; readonly operationsMax: number};
	/** An operation is given up after a moment that is drawn evenly up to `patienceMsMax`. */
	readonly haste: {readonly chance: number; readonly patienceMsMax: number};
	/** The client falls silent for a time that is drawn evenly up to `silenceMsMax`. */
	readonly silence: {readonly chance: number; readonly silenceMsMax: number};
	/** The client closes its clerk, and goes on with a new one. */
	readonly farewell: {readonly chance: number};
}

/** An even longer session timeout is longer than anybody has time to be silent. */
const silenceMsLongest = 4000;

/** `roundTripMs`: from a request to its answer, about. `sessionTimeoutMs`: of the servers. */
export function drawHabits(random: Random, roundTripMs: number, sessionTimeoutMs: number): Habits {
	const chanceOf = (seeds: number, chances: readonly number[]): number =>
		random.chance(seeds) ? random.pick(chances) : 0;
	const train = {chance: chanceOf(0.4, [0.1, 0.2, 0.5]), operationsMax: random.pick([4, 8, 20])};
	// What is given up in the middle of a train leaves a gap in the order of its session.
	const hastySeeds = train.chance > 0 ? 0.6 : 0.25;
	return {
		train,
		haste: {chance: chanceOf(hastySeeds, [0.03, 0.1, 0.3]), patienceMsMax: random.pick([1, 2, 5]) * roundTripMs},
		silence: {
			chance: chanceOf(0.3, [0.01, 0.03]),
			silenceMsMax: Math.min(silenceMsLongest, 1.5 * sessionTimeoutMs),
		},
		farewell: {chance: chanceOf(0.25, [0.005, 0.02])},
	};
}
