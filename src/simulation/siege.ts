/**
 * One fault that lasts: the leader, or a minority with it, is cut off one way or both, waits for its disk, or is gone, to the end
 * of the storm. The others are a majority, and have to go on without it: see `Availability`.
 */
import {nodeEndpoint} from '../faults/endpoint.js';
import type {Fault, FaultEvent} from '../faults/faults.js';
import type {Random} from '../base/random.js';

export interface SiegeOptions {
	readonly nodeCount: number;
	/** Milliseconds of virtual time. */
	readonly fromMs: number;
	readonly toMs: number;
	readonly network: boolean;
	readonly process: boolean;
	readonly disk: boolean;
}

/** It names node 0: the injector turns it on whoever leads when it begins. */
export function drawSiege(random: Random, options: SiegeOptions): readonly FaultEvent[] {
	const {fromMs, toMs, nodeCount} = options;
	const faults = nodeCount < 3 ? [] : faultsOf(random, options);
	if (faults.length === 0) return [];
	const atMs = fromMs + random.integer(0, 700);
	const id = 'siege #1';
	return [
		{type: 'inject', atMs, id, fault: random.pick(faults)},
		{type: 'heal', atMs: toMs, id},
	];
}

function faultsOf(random: Random, {nodeCount, network, process, disk}: SiegeOptions): readonly Fault[] {
	const endpoint = nodeEndpoint(0);
	const endpoints = Array.from({length: nodeCount}, (_, node) => nodeEndpoint(node));
	const few = endpoints.slice(0, random.integer(1, Math.floor((nodeCount - 1) / 2)));
	const rest = endpoints.slice(few.length);
	const links: readonly Fault[] = [
		{type: 'isolate', endpoint, direction: 'inbound', clients: false},
		{type: 'isolate', endpoint, direction: 'outbound', clients: false},
		{type: 'isolate', endpoint, direction: 'both', clients: random.chance(0.5)},
		{type: 'partition', groups: [few, rest], oneWay: false},
		{type: 'partition', groups: [few, rest], oneWay: true},
		{type: 'partition', groups: [rest, few], oneWay: true},
	];
	// Who can send and not hear is the hardest to do without: that one twice.
	return [
		...(network ? [...links, ...links.slice(-1)] : []),
		...(process ? [{type: 'crash', node: 0, disk: random.pick(['kept', 'unsyncedLost'] as const)} as const] : []),
		...(disk ? [{type: 'stalledSync', node: 0} as const] : []),
	];
}
