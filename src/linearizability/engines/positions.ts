import type {KvHistory, KvOperation} from '../kv-operation.js';
import {describeKvOperation} from '../models/describe-kv.js';

/** An operation whose place in the order of its object is known. */
export interface Placed {
	/** In the history. */
	readonly offset: number;
	readonly position: number;
}

/**
 * Two operations whose order contradicts real time: `later` was called after `earlier` had returned, and yet has a
 * smaller position. `undefined` if there are none; then ordering by position, then by call, is a linearization.
 */
export function findContradiction(
	history: KvHistory,
	placed: Placed[],
): {readonly earlier: number; readonly later: number} | undefined {
	placed.sort((a, b) => a.position - b.position);
	// From the end, the earliest return among all strictly larger positions must not lie before a call.
	let earliest: number | undefined;
	let group = placed.length;
	while (group > 0) {
		const {position} = placed[group - 1] as Placed;
		const end = group;
		while (group > 0 && placed[group - 1]?.position === position) group--;
		for (let place = group; place < end; place++) {
			const {offset} = placed[place] as Placed;
			if (earliest !== undefined && at(history, earliest).return < at(history, offset).call) {
				return {earlier: earliest, later: offset};
			}
		}
		for (let place = group; place < end; place++) {
			const {offset} = placed[place] as Placed;
			if (earliest === undefined || at(history, offset).return < at(history, earliest).return) earliest = offset;
		}
	}
	return undefined;
}

export function at(history: KvHistory, offset: number): KvOperation {
	return history[offset] as KvOperation;
}

/** `process 3's get -> "a"`. */
export function nameOperation(history: KvHistory, offset: number): string {
	const {process, input, output} = at(history, offset);
	return `process ${process}'s ${describeKvOperation(input, output)}`;
}
