/** Chaos on a real cluster: a nemesis draws faults from a seed; they are carried out, and healed at the end. */
import {performance} from 'node:perf_hooks';
import * as v from 'valibot';
import {drawChaos} from '../../src/faults/chaos-schedule.js';
import type {FaultKind} from '../../src/faults/fault-kinds.js';
import type {Schedule} from '../../src/faults/nemesis.js';
import type {MachineTypes} from '../../src/service/machine.js';
import type {Cluster} from '../cluster/cluster.js';
import {callback, checkOptions, milliseconds, optionsOf, wholeNumber} from '../options/check-options.js';
import {ClusterFaults, playableKinds} from './cluster-faults.js';
import {type PlayedEvent, playSchedule, type PlayReport} from './schedule-player.js';

/** What chaos a cluster is to suffer. */
export interface ChaosOptions {
	/** After so long, ms, all is healed. */
	readonly durationMs: number;
	/** The same seed, duration, kinds and number of nodes give the same faults at the same times. @default random */
	readonly seed?: number;
	/** What may be drawn; each seed takes some of them. @default {@link chaosKinds} */
	readonly kinds?: readonly FaultKind[];
	/** Once it is aborted, all is healed at once. */
	readonly signal?: AbortSignal;
	/** Told once, before the first fault, what is to come. */
	readonly drawn?: (schedule: Schedule) => void;
	/** Told of each fault as it is set and cleared, with the time since the start, ms. */
	readonly told?: (event: PlayedEvent) => void;
}

/** What chaos did. */
export interface ChaosReport extends PlayReport {
	/** What was drawn; its `seed` repeats it. */
	readonly schedule: Schedule;
}

/**
 * All kinds of faults that chaos draws: those that Raft promises to survive, and that real threads can be given. No stored data
 * is lost: a node that crashes finds all that it had written.
 */
export const chaosKinds: readonly FaultKind[] = playableKinds;

const durationMaxMs = 24 * 3_600_000;

const schema = optionsOf(
	{
		seed: wholeNumber(0, 2 ** 32 - 1),
		kinds: v.pipe(
			v.array(v.picklist(chaosKinds, `one of ${chaosKinds.join(', ')}`), 'a list of kinds of faults'),
			v.minLength(1, 'at least one kind of fault'),
		),
		signal: v.instance(AbortSignal, 'an AbortSignal'),
		drawn: callback(),
		told: callback(),
	},
	{durationMs: milliseconds(1, durationMaxMs)},
);

/**
 * Breaks the network and the nodes of a cluster in ways that are drawn from a seed, and heals all that it broke: at the end,
 * and also when it is aborted or fails. Faults that others have set stay. What cannot be carried out (a node may not come back at
 * once) is in the report. Rejects with an `OptionError`.
 */
export async function chaos<T extends MachineTypes>(cluster: Cluster<T>, options: ChaosOptions): Promise<ChaosReport> {
	checkOptions(schema, options);
	const {durationMs, seed = randomSeed(), kinds = chaosKinds, signal = new AbortController().signal} = options;
	const schedule = drawChaos({nodeCount: cluster.nodeIds.length, durationMs, kinds}, seed);
	options.drawn?.(schedule);
	const {told = () => undefined} = options;
	const play = {durationMs, signal, told, now: () => performance.now()};
	const report = await playSchedule(schedule.events, new ClusterFaults(cluster), play);
	await startFailedNodes(cluster);
	return {schedule, ...report};
}

/** A node whose disk was broken may be tried again only after half a minute; nothing is broken any more. */
async function startFailedNodes(cluster: Pick<Cluster, 'status' | 'restart'>): Promise<void> {
	const failed = (await cluster.status()).filter(({state}) => state === 'waiting' || state === 'damaged');
	await Promise.all(failed.map(({id}) => cluster.restart(id).catch(() => undefined)));
}

const randomSeed = (): number => Math.floor(Math.random() * 2 ** 32);
