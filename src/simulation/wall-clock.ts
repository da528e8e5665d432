/** A node's wall clock, which somebody sets now and then: it is off, it leaps forwards, and it goes back. */
import type {Random} from '../base/random.js';

/** How wrong the wall clocks of a run are. */
export interface WallClocks {
	/** How far they are off, at most. */
	readonly skewMs: number;
	/** A clock is set about so often; Infinity: never. */
	readonly setEveryMs: number;
}

/** Unix ms at the beginning of a run. */
const beginning = 1_700_000_000_000;

/** What tells the time, Unix ms. `now`: virtual time, which never goes back. */
export function wallClock(random: Random, {skewMs, setEveryMs}: WallClocks, now: () => number): () => number {
	const drawOff = (): number => Math.round((random.float() - 0.5) * 2 * skewMs);
	const drawPause = (): number => (setEveryMs === Infinity ? Infinity : 1 + random.exponential(setEveryMs));
	let offMs = drawOff();
	let nextSetAt = drawPause();
	return () => {
		for (; nextSetAt <= now(); nextSetAt += drawPause()) offMs = drawOff();
		return beginning + now() + offMs;
	};
}
