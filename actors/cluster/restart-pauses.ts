/**
 * How long a node that failed by itself waits before it is started again. It is tried for as long as the cluster lives: a
 * disk that answers again, space that is free again, or descriptors that are free again bring the node back without
 * anybody's help. The first tries come quickly, the pauses double, and who keeps failing is tried at long intervals.
 */
import type {Milliseconds} from '../../src/raft/types.js';

const quickMinMs: Milliseconds = 100;
const quickMaxMs: Milliseconds = 10_000;
const slowMs: Milliseconds = 30_000;
/** A node that has been up for so long has recovered: its next failure begins a new count. */
const recoveredMs: Milliseconds = 60_000;

export class RestartPauses {
	readonly #quickMax: number;
	/** Since the node was last up for a whole minute. */
	#failures = 0;

	/** `quickMax`: so many tries in a row are quick. */
	constructor(quickMax: number) {
		this.#quickMax = quickMax;
	}

	/** After one more failure. `upMs`: how long the node was up before it; `random` is in `[0, 1)`. */
	next(upMs: Milliseconds, random: number): Milliseconds {
		if (upMs >= recoveredMs) this.#failures = 0;
		const fullMs = this.#failures < this.#quickMax ? Math.min(quickMaxMs, quickMinMs * 2 ** this.#failures) : slowMs;
		this.#failures += 1;
		// Half of the pause is drawn, so that nodes that failed together do not come back together.
		return fullMs / 2 + (fullMs / 2) * random;
	}
}
