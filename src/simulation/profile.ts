/** Which faults a run may draw from. */
import {BETRAYAL_KINDS, NETWORK_KINDS, TOLERATED_KINDS, type FaultKind} from '../faults/fault-kinds.js';
import {Nemesis, type Schedule} from '../faults/nemesis.js';
import {Random} from '../base/random.js';
import {drawDuel} from './duel.js';
import {impliedKinds} from './implied-faults.js';
import {drawSiege} from './siege.js';

/** Which faults may be drawn: all, those of one kind, or none. */
export const profiles = ['all', 'network', 'process', 'disk', 'clock', 'none'] as const;
/** One of `profiles`. */
export type Profile = (typeof profiles)[number];

const isOneOf =
	(names: readonly string[]) =>
	(kind: FaultKind): boolean =>
		names.includes(kind);

const isProcess = isOneOf(['crash', 'powerCut', 'crashAll', 'crashLoop', 'pause', 'slowNode']);
const isClock = isOneOf(['clockOffset', 'clockDrift', 'clockJump', 'timerSkew', 'pause']);
const isNetwork = isOneOf(NETWORK_KINDS);

function kindsOf(profile: Exclude<Profile, 'none'>): readonly FaultKind[] {
	const kinds = TOLERATED_KINDS.filter(kind => !impliedKinds.has(kind) && !BETRAYAL_KINDS.includes(kind));
	switch (profile) {
		case 'all':
			return kinds;
		case 'network':
			return kinds.filter(isNetwork);
		case 'process':
			return kinds.filter(isProcess);
		case 'disk':
			// A disk is only ever found out by a node that starts again.
			return kinds.filter(kind => !isNetwork(kind) && !isClock(kind));
		case 'clock':
			return kinds.filter(isClock);
		default:
			return profile satisfies never;
	}
}

/** From the start to the first fault: a leader is there by then. */
const headStartMs = 300;
/** The nemesis begins with a quiet window of up to this length. */
const quietMsMax = 6000;

/**
 * The faults of this seed, in the order of time. Half of the seeds have but a few kinds: what takes several blows of one
 * kind would be drowned by all the others (Groce et al., "Swarm Testing").
 */
export function drawSchedule(
	seed: number,
	options: {readonly nodeCount: number; readonly durationMs: number; readonly profile: Profile},
): Schedule {
	const {nodeCount, durationMs, profile} = options;
	if (profile === 'none') {
		return {seed, nodeCount, durationMs, intensity: 'mild', kinds: [], damagedNodes: [], events: []};
	}
	const random = Random.fromSeed(seed).fork('profile');
	const all = kindsOf(profile);
	const few = random.shuffle(all).slice(0, random.integer(4, 12));
	const kinds = random.chance(0.5) ? few : all;
	const drawn = new Nemesis({nodeCount, durationMs: durationMs + quietMsMax, kinds}).draw(seed);
	const schedule = withoutPrelude(drawn, durationMs);
	return drawnSiege(schedule, profile) ?? withDuel(schedule, profile, random);
}

const siegeChance = 0.12;

/** With a few seeds there is but one fault, which lasts: what has to go on in spite of it shows best where nothing else is wrong. */
function drawnSiege(schedule: Schedule, profile: Exclude<Profile, 'none'>): Schedule | undefined {
	const random = Random.fromSeed(schedule.seed).fork('siege');
	if (!random.chance(siegeChance)) return undefined;
	const {nodeCount, durationMs} = schedule;
	const includes = (part: Profile): boolean => profile === 'all' || profile === part;
	const allowed = {network: includes('network'), process: includes('process'), disk: includes('disk')};
	const events = drawSiege(random, {nodeCount, fromMs: headStartMs, toMs: durationMs, ...allowed});
	return events.length === 0 ? undefined : {...schedule, events};
}

/** With some seeds the leader is beaten again and again, on top of all that happens or in its place. */
function withDuel(schedule: Schedule, profile: Profile, random: Random): Schedule {
	const network = profile === 'all' || profile === 'network';
	const process = profile === 'all' || profile === 'process';
	if (!(network || process) || random.chance(0.6)) return schedule;
	const {nodeCount, durationMs} = schedule;
	const others = random.chance(0.5) ? schedule.events : [];
	const firstNumber = 1 + Math.max(0, ...others.map(({id}) => faultNumber(id)));
	const duel = drawDuel(random, {nodeCount, fromMs: headStartMs, toMs: durationMs, network, process, firstNumber});
	return {...schedule, events: [...others, ...duel].sort((one, other) => one.atMs - other.atMs)};
}

/** A run is short: it does not begin with nothing. */
function withoutPrelude(schedule: Schedule, durationMs: number): Schedule {
	const shiftMs = Math.max(0, (schedule.events[0]?.atMs ?? 0) - headStartMs);
	const events = schedule.events.map(event => {
		const atMs = event.atMs - shiftMs;
		if (event.type === 'heal' || event.fault.type !== 'clog') return {...event, atMs};
		return {...event, atMs, fault: {...event.fault, untilMs: event.fault.untilMs - shiftMs}};
	});
	return {...schedule, durationMs, events: events.filter(({atMs}) => atMs < durationMs)};
}

/** The number of a fault in its schedule: what follows the `#` of its name. */
export const faultNumber = (id: string): number => Number(id.slice(id.lastIndexOf('#') + 1));

/** The schedule with only these faults, by number. */
export function keepFaults(schedule: Schedule, numbers: readonly number[] | undefined): Schedule {
	if (numbers === undefined) return schedule;
	const kept = new Set(numbers);
	return {...schedule, events: schedule.events.filter(({id}) => kept.has(faultNumber(id)))};
}
