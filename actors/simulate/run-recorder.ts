/** Makes a trace of a simulated run: what a person scrubs through who wants to know how an invariant broke. */
import {nodeEndpoint} from '../../src/faults/endpoint.js';
import {describeFault, type FaultEvent, isMomentary, isNetworkFault} from '../../src/faults/faults.js';
import type {SimulationEvent} from '../../src/simulation/events.js';
import type {ObservedCluster, ObservedNode, SimulationObserver} from '../../src/simulation/observer.js';
import type {SimulationResult} from '../../src/simulation/simulate.js';
import {describeEvent, describeMessage} from '../../src/simulation/timeline.js';
import {invariants} from '../../src/simulation/violation.js';
import type {
	Cut,
	NodeLife,
	NodeView,
	SentMessage,
	StepKind,
	TraceHeader,
	TraceLine,
	TraceStep,
} from '../trace/trace.js';
import {firstPicture, pictureAfter, type Picture} from '../trace/parse-trace.js';

/** Entries whose terms a step shows. */
const logEntriesMax = 48;
/** About 200 bytes each. */
const stepsMaxDefault = 40_000;

type MessageEvent = Extract<SimulationEvent, {type: 'message'}>;

export class RunRecorder implements SimulationObserver {
	readonly #stepsMax: number;
	/** The newest steps. */
	#steps: TraceStep[] = [];
	#left = 0;
	/** What was so before the first of the steps that are kept. */
	#before: Picture = firstPicture(0);
	#present: Picture = firstPicture(0);
	#cluster: ObservedCluster | undefined;
	#sent: SentMessage[] = [];
	readonly #ids = new Map<SimulationEvent, number>();
	readonly #faults = new Map<string, string>();

	/** `stepsMax`: only so many are kept, the newest. */
	constructor(stepsMax = stepsMaxDefault) {
		this.#stepsMax = stepsMax;
	}

	begins(cluster: ObservedCluster): void {
		this.#cluster = cluster;
		this.#before = firstPicture(cluster.nodes.length);
		this.#present = this.#before;
	}

	sent(event: MessageEvent, arrivals: number): void {
		const {from, node: to, message} = event;
		const id = this.#ids.size + 1;
		this.#ids.set(event, id);
		this.#sent.push({id, from, to, kind: message.type, text: describeMessage(message), arrivals});
	}

	took(atMs: number, event: SimulationEvent): void {
		const what = this.#whatOf(event);
		const changes = this.#changes(atMs);
		// Most turns and timers do nothing that could be seen.
		const isDull = what.type === 'inside' || what.type === 'sample' || event.type === 'clientTimer';
		if (isDull && Object.keys(changes).length === 0) return;
		this.#add({...what, at: atMs, ...changes});
	}

	entered(atMs: number, phase: string): void {
		if (phase !== 'storm') this.#faults.clear();
		const text = phase === 'settling' ? 'the faults end, and the cluster must recover' : `the simulator is ${phase}`;
		this.#add({type: 'event', at: atMs, tone: 'news', kind: 'phase', text, ...this.#changes(atMs)});
	}

	/** All of it, header and end included. `command` repeats the run. */
	lines(result: SimulationResult, command: string): readonly TraceLine[] {
		const {seed, nodes: nodeCount, violation, virtualMs} = result;
		const broken = violation === undefined ? 'no violation' : `${violation.invariant} is broken`;
		const header: TraceHeader = {
			type: 'header',
			format: 'threadraft-trace',
			version: 1,
			source: 'simulation',
			title: `simulated seed ${seed}: ${broken}`,
			nodeCount,
			command,
		};
		const first: TraceStep = {
			type: 'event',
			at: this.#steps[0]?.at ?? 0,
			tone: 'news',
			kind: 'begin',
			text: this.#left === 0 ? 'the cluster starts' : `${this.#left} earlier steps are left out`,
			nodes: Object.fromEntries(this.#before.nodes.entries()),
			faults: this.#before.faults,
			cuts: this.#before.cuts,
		};
		return [header, first, ...this.#steps, endOf(violation, virtualMs)];
	}

	#whatOf(event: SimulationEvent): StepKind {
		const [, text] = describeEvent(event);
		switch (event.type) {
			case 'message':
				return {type: 'arrived', id: this.#ids.get(event) ?? 0};
			case 'request':
			case 'cancel':
				return {type: 'client', client: event.client, node: event.node, text};
			case 'reply':
			case 'lost':
			case 'submit':
				return {type: 'client', client: event.client, text};
			case 'fault':
				return this.#takeFault(event.fault);
			case 'transfer':
				return {type: 'event', tone: 'news', kind: 'transfer', text};
			case 'falseNotice':
				return {type: 'event', tone: 'news', kind: 'falseNotice', text};
			case 'restart':
				return {type: 'event', node: event.node, tone: 'news', kind: 'start', text: `node ${event.node} starts`};
			case 'disk':
			case 'peerDown':
			case 'noLeader':
			case 'timer':
			case 'turn':
			case 'crashAgain':
				return {type: 'inside', node: event.node, text};
			case 'clientTimer':
				return {type: 'client', client: event.client, text};
			case 'look':
			case 'watch':
				return {type: 'sample'};
			default:
				return event satisfies never;
		}
	}

	#takeFault(event: FaultEvent): StepKind {
		if (event.type === 'heal') {
			const text = this.#faults.get(event.id) ?? event.id;
			this.#faults.delete(event.id);
			return {type: 'event', tone: 'fault', kind: 'heal', text: `over: ${text}`};
		}
		const {id, fault} = event;
		const text = describeFault(fault);
		if (!isMomentary(fault)) this.#faults.set(id, text);
		const node = isNetworkFault(fault) || !('node' in fault) ? {} : {node: fault.node};
		return {type: 'event', ...node, tone: 'fault', kind: fault.type, text};
	}

	/** What is not as it was after the step before. */
	#changes(atMs: number): Partial<Pick<TraceStep, 'nodes' | 'sent' | 'faults' | 'cuts'>> {
		if (this.#cluster === undefined) return {};
		const views = this.#cluster.nodes.map(node => this.#view(node, atMs));
		const changed = views.flatMap((view, id) => (isSame(view, this.#present.nodes[id]) ? [] : [[id, view] as const]));
		const faults = [...this.#faults.values()];
		const cuts = this.#cuts(this.#cluster);
		const sent = this.#sent;
		this.#sent = [];
		return {
			...(changed.length === 0 ? {} : {nodes: Object.fromEntries(changed)}),
			...(sent.length === 0 ? {} : {sent}),
			...(isSame(faults, this.#present.faults) ? {} : {faults}),
			...(isSame(cuts, this.#present.cuts) ? {} : {cuts}),
		};
	}

	#view(node: ObservedNode, atMs: number): NodeView {
		const {id, status, service, isCorrupt, pausedUntil} = node;
		const last = this.#present.nodes[id] as NodeView;
		if (status === undefined) return {...last, life: isCorrupt ? 'damaged' : 'down'};
		const life: NodeLife = pausedUntil > atMs ? 'paused' : 'up';
		const {role, currentTerm: term, commitIndex, lastIndex, snapshotIndex} = status;
		const log = this.#cluster?.logOf(id).runs(logEntriesMax) ?? [];
		const appliedIndex = service?.appliedIndex ?? 0;
		return {life, role, term, commitIndex, appliedIndex, lastIndex, snapshotIndex, log};
	}

	#cuts({nodes, plan}: ObservedCluster): readonly Cut[] {
		const endpoints = nodes.map(({id}) => nodeEndpoint(id));
		return endpoints.flatMap((from, source) =>
			endpoints.flatMap((to, target): readonly Cut[] => (plan.isCut(from, to) ? [[source, target]] : [])),
		);
	}

	#add(step: TraceStep): void {
		this.#steps.push(step);
		this.#present = pictureAfter(this.#present, step);
		if (this.#steps.length < 2 * this.#stepsMax) return;
		const left = this.#steps.length - this.#stepsMax;
		for (const old of this.#steps.slice(0, left)) this.#before = pictureAfter(this.#before, old);
		this.#steps = this.#steps.slice(left);
		this.#left += left;
	}
}

function endOf(violation: SimulationResult['violation'], virtualMs: number): TraceStep {
	if (violation === undefined) return {type: 'end', at: virtualMs, text: 'the run ends, and nothing was wrong'};
	const {invariant, detail} = violation;
	const rule = invariants[invariant];
	return {type: 'end', at: virtualMs, text: `${invariant} is broken`, violation: {invariant, rule, detail}};
}

/** Plain data, a few numbers of it. */
const isSame = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other);
