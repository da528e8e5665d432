/**
 * Blow after blow at the leader, soon after it was elected and at times before it has told anybody what it took: what
 * figure 8 of the paper needs several times in a row, and chance seldom brings.
 */
import {NODE_LINKS, nodeEndpoint, type Endpoint} from '../faults/endpoint.js';
import {isMomentary, type Fault, type FaultEvent} from '../faults/faults.js';
import type {NetworkFault} from '../faults/network-fault.js';
import type {Random} from '../base/random.js';

export interface DuelOptions {
	readonly nodeCount: number;
	/** Milliseconds of virtual time. */
	readonly fromMs: number;
	readonly toMs: number;
	/** Which blows may fall. */
	readonly network: boolean;
	readonly process: boolean;
	/** The faults of the schedule are numbered, so that each can be left out; those of the duel go on from here. */
	readonly firstNumber: number;
}

/** In the order of time. They name node 0: the injector turns them on whoever leads when they strike. */
export function drawDuel(random: Random, options: DuelOptions): readonly FaultEvent[] {
	const {nodeCount, fromMs, toMs, network, firstNumber} = options;
	const kinds = drawKinds(random, options);
	if (kinds.length === 0) return [];
	const meanMs = random.pick([150, 500, 1500]);
	const isOverlapping = random.chance(0.5);
	const events: FaultEvent[] = [];
	if (network && random.chance(0.4)) {
		const id = `duel #${firstNumber}`;
		events.push({type: 'inject', atMs: fromMs, id, fault: drawSlowness(random)}, {type: 'heal', atMs: toMs, id});
	}
	let atMs = fromMs;
	for (let number = firstNumber + 1; atMs < toMs; number++) {
		const id = `duel #${number}`;
		const endMs = atMs + 20 + Math.round(random.exponential(meanMs));
		const fault = drawBlow(random, random.pick(kinds), nodeCount, endMs - atMs);
		events.push({type: 'inject', atMs, id, fault});
		if (!isMomentary(fault)) events.push({type: 'heal', atMs: endMs, id});
		// While one blow lasts, the next may fall on the successor.
		atMs = (isOverlapping ? atMs : endMs) + 1 + Math.round(random.exponential(meanMs));
	}
	return events.sort((one, other) => one.atMs - other.atMs);
}

/** Messages overtake each other and take as long as elections: votes come when the next term has begun. */
function drawSlowness(random: Random): Fault {
	const meanMs = random.pick([30, 100, 200]);
	return {type: 'delay', links: NODE_LINKS, delay: {type: 'exponential', minMs: 0, meanMs}};
}

/** Whether this fault, of a duel or a siege, is meant for the leader, wherever it says that it strikes. */
export const isOfDuel = (id: string): boolean => id.startsWith('duel ') || id.startsWith('siege ');

type BlowKind = 'isolate' | 'cutHalf' | 'partition' | 'crash' | 'powerCut' | 'pause';

/** A few kinds only, as everywhere: a duel of crashes is another thing than a duel of cut links. */
function drawKinds(random: Random, {network, process}: DuelOptions): readonly BlowKind[] {
	const all: readonly BlowKind[] = [
		...(network ? (['isolate', 'cutHalf', 'partition'] as const) : []),
		...(process ? (['crash', 'powerCut', 'pause'] as const) : []),
	];
	return random.shuffle(all).slice(0, random.integer(1, 4));
}

function drawBlow(random: Random, kind: BlowKind, nodeCount: number, durationMs: number): Fault {
	const endpoint = nodeEndpoint(0);
	switch (kind) {
		case 'isolate':
			return {type: 'isolate', endpoint, direction: 'both', clients: false};
		case 'cutHalf':
			return {type: 'isolate', endpoint, direction: random.pick(['inbound', 'outbound']), clients: false};
		case 'partition': {
			const endpoints = Array.from({length: nodeCount}, (_, node) => nodeEndpoint(node));
			const minority = Math.max(1, Math.floor((nodeCount - 1) / 2));
			const groups = [endpoints.slice(0, minority), endpoints.slice(minority)];
			return {type: 'partition', groups, oneWay: random.chance(0.2)};
		}
		case 'crash':
			return {type: 'crash', node: 0, disk: 'kept'};
		case 'powerCut':
			return {type: 'crash', node: 0, disk: 'unsyncedLost'};
		case 'pause':
			return {type: 'pause', node: 0, durationMs, clockStops: random.chance(0.5)};
		default:
			return kind satisfies never;
	}
}

/** The fault with the leader and node 0 in each other's places. */
export function turnedOn(leader: number, fault: NetworkFault): NetworkFault {
	const first = nodeEndpoint(0);
	const other = nodeEndpoint(leader);
	const swapped = (endpoint: Endpoint): Endpoint => {
		if (endpoint === first) return other;
		return endpoint === other ? first : endpoint;
	};
	if (fault.type === 'isolate') return {...fault, endpoint: swapped(fault.endpoint)};
	if (fault.type === 'partition') return {...fault, groups: fault.groups.map(group => group.map(swapped))};
	return fault;
}
