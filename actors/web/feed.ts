/** What a page is told of a living cluster: the lines of a trace, as they come. Nothing is looked at while no page is open. */
import type {FaultPlan} from '../../src/faults/fault-plan.js';
import type {NamedFault} from '../cluster/faults/named-fault.js';
import type {NodeStatus} from '../cluster/node-state.js';
import {type ClusterRecorder, plainNode} from '../observe/cluster-recorder.js';

import type {MessageSighting, SightingOptions} from '../network/message-tap.js';
import {cutsIn, RecordSteps} from '../trace/record-steps.js';
import type {Cut, SentMessage, TraceHeader, TraceStep} from '../trace/trace.js';

/** What is watched; a `Cluster` is one. */
export interface WatchedCluster {
	readonly nodeIds: readonly number[];
	readonly faults: FaultPlan;
	/** All faults that are set, of the network and of anything else. */
	readonly injected: readonly NamedFault[];
	/** What each node is at. Never rejects. */
	status(): Promise<readonly NodeStatus[]>;
	onMessage(listener: (sighting: MessageSighting) => void, options: SightingOptions): () => void;
}

/** Ms between two looks at the nodes. */
const lookMs = 80;
const messagesPerSecondMax = 150;
/** Ms of the past that a page is told when it opens. */
const pastMs = 120_000;

export class Feed {
	readonly #cluster: WatchedCluster;
	readonly #recorder: ClusterRecorder;
	readonly #title: string;
	readonly #listeners = new Set<(line: string) => void>();
	#steps: RecordSteps;
	#sent: SentMessage[] = [];
	#nextId = 1;
	#stops: readonly (() => void)[] = [];
	#isLooking = false;
	#isBeginningLine = false;

	/** `title`: one line for people. */
	constructor(cluster: WatchedCluster, recorder: ClusterRecorder, title: string) {
		this.#cluster = cluster;
		this.#recorder = recorder;
		this.#title = title;
		this.#steps = new RecordSteps(cluster.nodeIds.length);
	}

	/** Lines of JSON: a header, and what happened in the last minutes. */
	beginning(): readonly string[] {
		const header: TraceHeader = {
			type: 'header',
			format: 'threadraft-trace',
			version: 1,
			source: 'cluster',
			title: this.#title,
			nodeCount: this.#cluster.nodeIds.length,
		};
		const steps = new RecordSteps(header.nodeCount);
		const past = this.#recorder.record({lastMs: pastMs}).entries.flatMap(entry => steps.take(entry) ?? []);
		if (this.#listeners.size === 0) this.#steps = steps;
		return [...[header, ...past].map(line => JSON.stringify(line)), this.wholePicture()];
	}

	/** A line that tells all that is so now. */
	wholePicture(): string {
		const {nodes} = this.#steps.picture;
		const faults = this.#cluster.injected.map(({text}) => text);
		const step: TraceStep = {
			type: 'sample',
			at: this.#recorder.nowMs,
			nodes: Object.fromEntries(nodes.entries()),
			faults,
			cuts: this.#cuts(),
		};
		return JSON.stringify(step);
	}

	/** `listener` is told each line of JSON until the function that this returns is called. */
	listen(listener: (line: string) => void): () => void {
		this.#listeners.add(listener);
		if (this.#listeners.size === 1) this.#begin();
		return () => {
			this.#listeners.delete(listener);
			if (this.#listeners.size === 0) this.#end();
		};
	}

	/** The line that `begin` begins is not told when it begins: `command` tells it with its answer. */
	whileBeginning<Begun>(begin: () => Begun): Begun {
		this.#isBeginningLine = true;
		try {
			return begin();
		} finally {
			this.#isBeginningLine = false;
		}
	}

	/** A line of a page was run, and answered. */
	command(line: string, answer: string, isFailed: boolean): void {
		this.#tell({type: 'command', at: this.#recorder.nowMs, line, answer, isFailed});
	}

	#begin(): void {
		const timer = setInterval(() => void this.#look(), lookMs).unref();
		const ends = [
			this.#recorder.onEntry(entry => {
				if (entry.type === 'command' && this.#isBeginningLine) return;
				const step = this.#steps.take(entry);
				const isOfFaults = entry.type === 'event' && entry.event.type === 'faultsChanged';
				if (step !== undefined) this.#tell(isOfFaults ? {...step, cuts: this.#cuts()} : step);
			}),
			this.#cluster.onMessage(sighting => this.#see(sighting), {layer: 'raft', perSecondMax: messagesPerSecondMax}),
		];
		this.#stops = [() => clearInterval(timer), ...ends];
	}

	#end(): void {
		for (const stop of this.#stops) stop();
		this.#stops = [];
		this.#sent = [];
	}

	#see(sighting: MessageSighting): void {
		const {type: kind, term, detail, firstIndex, lastIndex, afterMs, isUndeliverable} = sighting;
		const range = firstIndex === undefined ? '' : ` [${firstIndex}..${lastIndex}]`;
		const arrivals = afterMs.length === 0 || isUndeliverable ? 0 : ('sampled' as const);
		const text = `${kind} T${term}${range} ${detail}`.trimEnd();
		this.#sent.push({
			id: this.#nextId++,
			from: numberOf(sighting.from),
			to: numberOf(sighting.to),
			kind,
			text,
			arrivals,
		});
	}

	/** A node that does not answer is waited for: then the next look comes later. */
	async #look(): Promise<void> {
		if (this.#isLooking) return;
		this.#isLooking = true;
		const nodes = (await this.#cluster.status()).map(plainNode);
		this.#isLooking = false;
		if (this.#listeners.size === 0) return;
		const change = this.#steps.changed(nodes);
		const sent = this.#sent;
		this.#sent = [];
		if (change.nodes === undefined && sent.length === 0) return;
		const at = this.#recorder.nowMs;
		if (change.nodes !== undefined) this.#steps.take({type: 'nodes', atMs: at, nodes});
		this.#tell({type: 'sample', at, ...change, ...(sent.length === 0 ? {} : {sent})});
	}

	/** Of faults, too, that were set before the past that is told. */
	#cuts(): readonly Cut[] {
		return cutsIn(this.#cluster.faults, this.#cluster.nodeIds.length);
	}

	#tell(step: TraceStep): void {
		if (this.#listeners.size === 0) return;
		const line = JSON.stringify(step);
		for (const listener of this.#listeners) listener(line);
	}
}

const numberOf = (endpoint: string): number => Number(endpoint.slice(endpoint.indexOf(':') + 1));
