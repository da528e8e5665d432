/** Makes the steps of a trace out of what was recorded of a real cluster, entry by entry. */
import {FaultError} from '../../src/faults/fault-error.js';
import {FaultPlan} from '../../src/faults/fault-plan.js';
import {isNetworkFault} from '../../src/faults/faults.js';
import {nodeEndpoint} from '../../src/faults/endpoint.js';
import type {ElectionCause} from '../../src/raft/events.js';
import {eventText} from '../cluster/event-text.js';
import type {ClusterRecord, RecordedEvent, RecordedNode, RecordEntry, SampleEntry} from '../observe/cluster-record.js';
import {firstPicture, pictureAfter, type Picture} from './parse-trace.js';
import type {Cut, LoadView, NodeLife, NodeView, StepKind, Tone, TraceHeader, TraceLine, TraceStep} from './trace.js';

export class RecordSteps {
	#picture: Picture;
	/** What is wrong with the network. */
	readonly #plan: FaultPlan;

	constructor(nodeCount: number) {
		this.#picture = firstPicture(nodeCount);
		this.#plan = new FaultPlan({faults: []}, {nodeCount});
	}

	/** After all that was taken. */
	get picture(): Picture {
		return this.#picture;
	}

	/** `undefined`: nothing that can be seen came of it. */
	take(entry: RecordEntry): TraceStep | undefined {
		const step = this.#stepOf(entry);
		if (step !== undefined) this.#picture = pictureAfter(this.#picture, step);
		return step;
	}

	/** The nodes that are not as they were when they were last told. */
	changed(nodes: readonly RecordedNode[]): Pick<TraceStep, 'nodes'> {
		const changed = nodes.flatMap(node => {
			const last = this.#picture.nodes[node.id];
			const view = last === undefined ? undefined : viewOf(node, last);
			return view === undefined || isSameView(view, last) ? [] : [[node.id, view] as const];
		});
		return changed.length === 0 ? {} : {nodes: Object.fromEntries(changed)};
	}

	#stepOf(entry: RecordEntry): TraceStep | undefined {
		const at = entry.atMs;
		switch (entry.type) {
			case 'nodes': {
				const change = this.changed(entry.nodes);
				return change.nodes === undefined ? undefined : {type: 'sample', at, ...change};
			}
			case 'sample':
				return {type: 'sample', at, load: loadOf(entry)};
			case 'mark':
				return {type: 'event', at, tone: 'news', kind: 'mark', text: `mark: ${entry.name}`};
			case 'command':
				return {type: 'command', at, line: entry.line, answer: '', isFailed: false};
			case 'event':
				return this.#eventStep(at, entry.event);
			default:
				return entry satisfies never;
		}
	}

	#eventStep(at: number, event: RecordedEvent): TraceStep | undefined {
		this.#noteFault(event);
		const what = whatOf(event);
		const change = this.#changeOf(event);
		if (what === undefined) return change.nodes === undefined ? undefined : {type: 'sample', at, ...change};
		const faults = event.type === 'faultsChanged' ? {faults: event.faults, cuts: this.#cuts()} : {};
		return {at, ...what, ...change, ...faults};
	}

	#noteFault(event: RecordedEvent): void {
		if (event.type === 'faultCleared') this.#plan.clear(event.name);
		if (event.type !== 'faultSet' || !isNetworkFault(event.fault)) return;
		try {
			this.#plan.set(event.name, event.fault);
		} catch (error) {
			// One that a later version has, or that somebody wrote by hand: it is listed, and no cut is known of it.
			if (!(error instanceof FaultError)) throw error;
		}
	}

	#cuts(): readonly Cut[] {
		return cutsIn(this.#plan, this.#picture.nodes.length);
	}

	/** What an event alone tells of its node, sooner than the next look at all of them. */
	#changeOf(event: RecordedEvent): Pick<TraceStep, 'nodes'> {
		const node = 'id' in event ? this.#picture.nodes[event.id] : undefined;
		if (node === undefined || !('id' in event)) return {};
		const changed = (change: Partial<NodeView>): Pick<TraceStep, 'nodes'> => ({
			nodes: {[event.id]: {...node, ...change}},
		});
		switch (event.type) {
			case 'nodeUp':
				return changed({life: 'up'});
			case 'nodeDown':
				return changed({life: 'down'});
			case 'nodeRestarting':
				return changed({life: 'waiting'});
			case 'nodeDamaged':
				return changed({life: 'damaged'});
			case 'roleChanged':
				return changed({life: 'up', role: event.role, term: event.term});
			default:
				return {};
		}
	}
}

/** The pairs of nodes that this plan cuts. */
export function cutsIn(plan: FaultPlan, nodeCount: number): readonly Cut[] {
	const nodes = Array.from({length: nodeCount}, (_, node) => node);
	return nodes.flatMap(from =>
		nodes.flatMap((to): readonly Cut[] => (plan.isCut(nodeEndpoint(from), nodeEndpoint(to)) ? [[from, to]] : [])),
	);
}

/** All of a record, as a trace. */
export function traceOfRecord({head, entries}: ClusterRecord): readonly TraceLine[] {
	const steps = new RecordSteps(head.nodes);
	const header: TraceHeader = {
		type: 'header',
		format: 'threadraft-trace',
		version: 1,
		source: 'cluster',
		title: `a cluster of ${head.nodes} nodes, recorded from ${head.startedAt}`,
		nodeCount: head.nodes,
	};
	const taken = entries.flatMap(entry => steps.take(entry) ?? []);
	const end: TraceStep = {type: 'end', at: Math.max(head.lengthMs, taken.at(-1)?.at ?? 0), text: 'the record ends'};
	return [header, ...taken, end];
}

const electionReasons: Readonly<Record<ElectionCause, string>> = {
	leaderDown: 'its leader has ended',
	leaderSilent: 'it no longer hears its leader',
	noLeader: 'it knows of no leader',
	votesMissing: 'its last attempt brought no majority',
	transfer: 'its leader wants it to lead',
};
const trouble: ReadonlySet<RecordedEvent['type']> = new Set(['leadershipLost', 'commitStalled']);

/** `undefined`: it is no news to a person. */
function whatOf(event: RecordedEvent): StepKind | undefined {
	const kind = event.type;
	const told = (tone: Tone, text: string): StepKind => ({
		type: 'event',
		...('id' in event ? {node: event.id} : {}),
		tone,
		kind,
		text,
	});
	switch (kind) {
		case 'nodeUp':
			return told('news', `node ${event.id} is up`);
		case 'nodeDown':
			return told('fault', `node ${event.id} is down`);
		case 'faultsChanged':
			return told('fault', event.faults.length === 0 ? 'the network is well' : `faults: ${event.faults.join('; ')}`);
		case 'electionStarted':
			return told('news', `node ${event.id} stands for election: ${electionReasons[event.cause]}`);
		case 'diskFailed':
			return told('trouble', `node ${event.id}: its disk failed`);
		case 'threadEnded':
			return undefined;
		default:
	}
	const text = eventText(event);
	if (text === undefined) return undefined;
	const isWanted = kind === 'leadershipLost' && event.reason === 'transferred';
	return told(text.isTrouble || (trouble.has(kind) && !isWanted) ? 'trouble' : 'news', text.text);
}

function loadOf({answered, failed, lengthMs, p50Ms, p99Ms}: SampleEntry): LoadView {
	const perSecond = (count: number): number => (lengthMs <= 0 ? 0 : Math.round((count / lengthMs) * 1000));
	return {
		perSecond: perSecond(answered),
		...(p50Ms === undefined ? {} : {p50Ms}),
		...(p99Ms === undefined ? {} : {p99Ms}),
		...(failed === 0 ? {} : {errorsPerSecond: perSecond(failed)}),
	};
}

/** What is not told stays as it was. */
function viewOf(node: RecordedNode, last: NodeView): NodeView {
	const {role, term, commitIndex, lastApplied, lastIndex, snapshotIndex, terms} = node;
	const isSilent = node.state === 'up' && role === undefined;
	const life: NodeLife = isSilent ? 'silent' : node.state;
	return {
		life,
		role: role ?? last.role,
		term: term ?? last.term,
		commitIndex: commitIndex ?? last.commitIndex,
		appliedIndex: lastApplied ?? last.appliedIndex,
		lastIndex: lastIndex ?? last.lastIndex,
		snapshotIndex: snapshotIndex ?? last.snapshotIndex,
		log: terms ?? last.log,
	};
}

const isSameView = (one: NodeView, other: NodeView | undefined): boolean =>
	other !== undefined &&
	one.life === other.life &&
	one.role === other.role &&
	one.term === other.term &&
	one.commitIndex === other.commitIndex &&
	one.appliedIndex === other.appliedIndex &&
	one.lastIndex === other.lastIndex &&
	one.snapshotIndex === other.snapshotIndex &&
	isSameLog(one.log, other.log);

const isSameLog = (one: NodeView['log'], other: NodeView['log']): boolean =>
	one.length === other.length &&
	one.every(([index, term], run) => index === other[run]?.[0] && term === other[run]?.[1]);
