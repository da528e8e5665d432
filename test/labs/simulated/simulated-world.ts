/** The world of virtual time: a row in it is a function of its seed, and takes as long as the processor needs. */
import {Random} from '../../../src/base/random.js';
import {TraceHash} from '../../../src/simulation/trace-hash.js';
import type {Row} from '../catalogue.js';
import type {LabWorld} from '../harness.js';
import {type Measures, runRow} from '../run-row.js';
import {KvSimulated} from './kv-simulated.js';
import {RaftSimulated} from './raft-simulated.js';
import type {Surroundings} from './simulated-servers.js';
import {VirtualTime} from './virtual-time.js';

export interface SimulatedMeasures extends Measures {
	/** Of everything that happened: equal for equal runs. */
	readonly traceHash: string;
	readonly events: number;
}

/** A row fails by itself after 120 s, if it ends. */
const hungAfterMs = 150_000;

/** One row on virtual time; the same seed gives the same run. Throws what the row throws. */
export async function simulateRow(row: Row, seed: number): Promise<SimulatedMeasures> {
	const random = Random.fromSeed(seed);
	const time = new VirtualTime();
	const trace = new TraceHash();
	const surroundings: Surroundings = {time, trace, random: random.fork('cluster')};
	const world: LabWorld = {
		random,
		now: time.now,
		sleep: ms => time.sleep(ms),
		startRaft: async options => new RaftSimulated(options, surroundings),
		startKv: async options => new KvSimulated(options, surroundings),
	};
	const measures = await time.run(() => runRow(row, world), {limitMs: hungAfterMs});
	return {...measures, traceHash: trace.value, events: time.events};
}
