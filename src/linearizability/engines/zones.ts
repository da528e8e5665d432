/**
 * The zone test of Gibbons & Korach (1997). A cluster is a set of operations that stand together in every linearization:
 * a value's write and its reads. Cluster A cannot come before B if some operation of B returned before one of A was
 * called; two clusters that can come in neither order are a violation, and without such a pair there is an order.
 */
export interface Zone {
	/** Place of the operation that returned first, and when; -Infinity for what was there from the beginning. */
	readonly firstReturned: number;
	readonly firstReturn: number;
	/** Place of the operation that was called last, and when. */
	readonly lastCalled: number;
	readonly lastCall: number;
}

/** Two zones that can come in neither order. */
export function findConflict(zones: readonly Zone[]): readonly [Zone, Zone] | undefined {
	const forward = zones.filter(isForward).sort((a, b) => a.firstReturn - b.firstReturn);
	for (const [place, zone] of forward.entries()) {
		const previous = forward[place - 1];
		if (previous !== undefined && zone.firstReturn < previous.lastCall) return [previous, zone];
	}
	// Forward zones do not overlap now, so only the last one that begins before a backward zone can contain it.
	for (const zone of zones) {
		if (isForward(zone)) continue;
		const around = lastBefore(forward, zone.lastCall);
		if (around !== undefined && zone.firstReturn < around.lastCall) return [around, zone];
	}
	return undefined;
}

function isForward(zone: Zone): boolean {
	return zone.firstReturn < zone.lastCall;
}

/** The last zone with `firstReturn` strictly before `time`. */
function lastBefore(forward: readonly Zone[], time: number): Zone | undefined {
	let low = 0;
	let high = forward.length;
	while (low < high) {
		const middle = (low + high) >>> 1;
		if ((forward[middle] as Zone).firstReturn < time) low = middle + 1;
		else high = middle;
	}
	return forward[low - 1];
}
