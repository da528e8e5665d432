/**
 * Draws schedules of faults from a seed.
 *
 * Swarm style (Groce et al., "Swarm Testing", 2012): each seed switches kinds of faults on and off, so that some runs
 * are all about one kind, where it is not drowned by the others; some seeds are mild and some extreme; and storms
 * alternate with quiet windows, in which the cluster must get on its feet again.
 */
import {assert} from '../base/errors.js';
import {drawFault, type FaultKind, TOLERATED_KINDS} from './fault-kinds.js';
import {describeFaultEvent, isMomentary, type Fault, type FaultEvent} from './faults.js';
import {Random} from '../base/random.js';

export interface NemesisOptions {
	readonly nodeCount: number;
	/** All faults are over by then. */
	readonly durationMs: number;
	/**
	 * What may be drawn; each seed takes some of them.
	 * @default all that Raft promises to survive
	 */
	readonly kinds?: readonly FaultKind[];
}

/** How many faults a schedule has, and how long they last. */
export type Intensity = 'mild' | 'extreme';

/** All that was drawn, so that a failing run can print it and anyone can replay it. */
export interface Schedule {
	readonly seed: number;
	readonly nodeCount: number;
	readonly durationMs: number;
	readonly intensity: Intensity;
	/** The kinds that this seed switched on. */
	readonly kinds: readonly FaultKind[];
	/**
	 * The only nodes whose stored data is ever damaged: always a minority, so that a good copy of all that was
	 * acknowledged is left.
	 */
	readonly damagedNodes: readonly number[];
	/** In the order of time. Each injection is healed, except for those that are over by themselves. */
	readonly events: readonly FaultEvent[];
}

/** Half-open, in milliseconds from the start. */
interface Storm {
	readonly fromMs: number;
	readonly toMs: number;
}

/** Milliseconds. `gapMs`: the mean time from one injection to the next. */
const PACE = {
	mild: {gapMs: 1500, faultMs: 800, quietMs: 4000, stormMs: 4000},
	extreme: {gapMs: 250, faultMs: 1500, quietMs: 2500, stormMs: 9000},
} as const;

export class Nemesis {
	readonly #options: NemesisOptions;

	constructor(options: NemesisOptions) {
		assert(Number.isInteger(options.nodeCount) && options.nodeCount >= 1, 'a cluster has at least one node');
		assert(options.durationMs > 0, 'a schedule has a duration');
		assert(options.kinds === undefined || options.kinds.length > 0, 'there is a kind to draw from');
		this.#options = options;
	}

	/** The same options and seed give the same schedule. */
	draw(seed: number): Schedule {
		const {nodeCount, durationMs, kinds: allKinds = TOLERATED_KINDS} = this.#options;
		const random = Random.fromSeed(seed).fork('nemesis');
		const intensity: Intensity = random.chance(0.5) ? 'mild' : 'extreme';
		const drawn = allKinds.filter(() => random.chance(0.4));
		const kinds = drawn.length === 0 ? [random.pick(allKinds)] : drawn;
		const nodes = Array.from({length: nodeCount}, (_, node) => node);
		const damagedNodes = random.shuffle(nodes).slice(0, Math.floor((nodeCount - 1) / 2));
		const events = new ScheduleDraft({nodeCount, intensity, kinds, damagedNodes}, random).draw(durationMs);
		return {seed, nodeCount, durationMs, intensity, kinds, damagedNodes, events};
	}
}

/** What was drawn, one line each. */
export function describeSchedule(schedule: Schedule): readonly string[] {
	const {seed, nodeCount, durationMs, intensity, kinds, damagedNodes, events} = schedule;
	return [
		`seed ${seed}, ${nodeCount} nodes, ${durationMs} ms, ${intensity}`,
		`kinds: ${kinds.join(', ')}`,
		`nodes whose data may be damaged: ${damagedNodes.length === 0 ? 'none' : damagedNodes.join(', ')}`,
		...events.map(describeFaultEvent),
	];
}

/** A schedule in the making. */
class ScheduleDraft {
	readonly #traits: Pick<Schedule, 'nodeCount' | 'intensity' | 'kinds' | 'damagedNodes'>;
	readonly #random: Random;
	readonly #events: FaultEvent[] = [];
	/** Until when something is taken: two faults of one kind on one node would heal each other. */
	readonly #takenUntilMs = new Map<string, number>();
	#faultCount = 0;

	constructor(traits: Pick<Schedule, 'nodeCount' | 'intensity' | 'kinds' | 'damagedNodes'>, random: Random) {
		this.#traits = traits;
		this.#random = random;
	}

	draw(durationMs: number): readonly FaultEvent[] {
		for (const storm of this.#storms(durationMs)) this.#rage(storm);
		return this.#events.sort((one, other) => one.atMs - other.atMs);
	}

	#storms(durationMs: number): readonly Storm[] {
		const pace = PACE[this.#traits.intensity];
		const storms: Storm[] = [];
		let nowMs = 0;
		while (nowMs < durationMs) {
			const fromMs = nowMs + this.#around(pace.quietMs);
			const toMs = Math.min(fromMs + this.#around(pace.stormMs), durationMs);
			if (fromMs >= toMs) break;
			storms.push({fromMs, toMs});
			nowMs = toMs;
		}
		return storms;
	}

	#rage(storm: Storm): void {
		const {gapMs, faultMs} = PACE[this.#traits.intensity];
		let nowMs = storm.fromMs;
		while (nowMs < storm.toMs) {
			const endMs = Math.min(nowMs + 20 + Math.round(this.#random.exponential(faultMs)), storm.toMs);
			this.#strike(nowMs, endMs);
			nowMs += 1 + Math.round(this.#random.exponential(gapMs));
		}
	}

	#strike(atMs: number, endMs: number): void {
		const kind = this.#random.pick(this.#traits.kinds);
		const fault = drawFault(kind, {...this.#traits, atMs, endMs, random: this.#random});
		if (fault === undefined) return;
		const claims = claimsOf(kind, fault, this.#traits.nodeCount);
		if (claims.some(claim => (this.#takenUntilMs.get(claim) ?? 0) > atMs)) return;
		for (const claim of claims) this.#takenUntilMs.set(claim, endMs);
		const id = `${kind} #${++this.#faultCount}`;
		this.#events.push({type: 'inject', atMs, id, fault});
		if (!isMomentary(fault)) this.#events.push({type: 'heal', atMs: endMs, id});
	}

	/** From half of the time to one and a half of it. */
	#around(ms: number): number {
		return Math.round(ms * (0.5 + this.#random.float()));
	}
}

/** What nothing else may take while this fault lasts: a node that is down cannot crash or pause as well. */
function claimsOf(kind: FaultKind, fault: Fault, nodeCount: number): readonly string[] {
	switch (fault.type) {
		case 'crashAll':
			return Array.from({length: nodeCount}, (_, node) => `process ${node}`);
		case 'crash':
		case 'crashLoop':
		case 'pause':
			return [`process ${fault.node}`];
		default:
			return 'node' in fault ? [`${kind} ${fault.node}`] : [kind];
	}
}
