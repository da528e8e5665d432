/**
 * What must come true when the faults are over (or stay on a minority only): one leader, equal logs and states,
 * service for everyone, terms that rest, and nobody who waits for ever.
 *
 *      storm ──▶ settling ──▶ probing ──▶ watching ──▶ done
 */
import type {Random} from '../base/random.js';
import type {MachineTypes} from '../service/machine.js';
import type {ReplicatedState} from '../service/replicated-state.js';
import type {FaultPlan} from '../faults/fault-plan.js';
import type {ClusterNode} from './cluster-node.js';
import type {FaultInjector} from './fault-injector.js';
import {type SimulationParameters, waitMsMax} from './parameters.js';
import type {SimulatedClient} from './simulated-client.js';
import type {Report} from './violation.js';

/** What of a node's service shows whether it is well. */
interface LiveService<T extends MachineTypes> {
	readonly state: ReplicatedState<T>;
	readonly pendingCount: number;
}

/** A node, and what it serves. */
export interface LiveNode<T extends MachineTypes> extends ClusterNode {
	readonly service: LiveService<T> | undefined;
}

export interface LivenessOptions<T extends MachineTypes> {
	readonly nodes: readonly LiveNode<T>[];
	readonly clients: readonly SimulatedClient<T>[];
	readonly injector: FaultInjector;
	readonly plan: FaultPlan;
	readonly random: Random;
	readonly parameters: SimulationParameters;
	/** The faults end at this virtual time. */
	readonly stormMs: number;
	/** Nodes that may stay broken: a minority. */
	readonly damagedNodes: readonly number[];
	readonly logs: {readonly committedIndex: number};
	readonly now: () => number;
	/** Calls `look` again. */
	readonly lookAgain: (delayMs: number) => void;
	readonly entered: (phase: string) => void;
	/** A working replica is at rest: its state must be the one that the log makes. */
	readonly compare: (node: number, state: ReplicatedState<T>) => void;
	/** All has been shown that had to be. */
	readonly finished: () => void;
	readonly report: Report;
}

type Phase = 'storm' | 'settling' | 'probing' | 'watching';

const lookEveryMs = 20;
const settleMsMax = 60_000;
const probeMsMax = 60_000;
const probePatienceMs = 5000;
/** A client whose session is gone is told so, and has to ask again. */
const probeTriesMax = 8;
/** A copy of an old request that comes late goes through the log, and for a moment no two nodes are alike. */
const lateMsMax = 2000;

export class Liveness<T extends MachineTypes> {
	readonly #options: LivenessOptions<T>;
	#phase: Phase = 'storm';
	/** The phase must be over by then. */
	#deadline = Infinity;
	#probesOpen = 0;
	#quietTerm = 0;
	#nextLookMs = lookEveryMs;
	#isOver = false;
	readonly #broken = new Set<number>();

	constructor(options: LivenessOptions<T>) {
		this.#options = options;
	}

	look(): void {
		this.#advance();
		if (!this.#isOver) this.#options.lookAgain(this.#nextLookMs);
	}

	#advance(): void {
		switch (this.#phase) {
			case 'storm':
				return this.#calm();
			case 'settling':
				return this.#settle();
			case 'probing':
				return this.#awaitProbes();
			case 'watching':
				return this.#conclude();
			default:
				return this.#phase satisfies never;
		}
	}

	#enter(phase: Phase, lastsMs: number): void {
		this.#phase = phase;
		this.#deadline = this.#options.now() + lastsMs;
		this.#options.entered(phase);
	}

	/** The faults end. A minority may stay broken: it is one that the cluster has to do without. */
	#calm(): void {
		const {injector, clients, nodes, random, parameters, damagedNodes} = this.#options;
		injector.healAll();
		for (const client of clients) client.isWorking = false;
		if (random.chance(parameters.lastingMinority)) {
			for (const id of damagedNodes) this.#break(nodes[id] as LiveNode<T>);
		}
		this.#enter('settling', settleMsMax);
	}

	#break(node: LiveNode<T>): void {
		this.#broken.add(node.id);
		const {injector, plan, random} = this.#options;
		const name = `lasting #${node.id}`;
		const endpoint = `node:${node.id}` as const;
		if (random.chance(0.5)) injector.breakDown(node);
		else plan.set(name, {type: 'isolate', endpoint, direction: 'both', clients: true});
	}

	#settle(): void {
		const {now, clients, parameters, stormMs, report} = this.#options;
		const waiting = clients.filter(({pendingCount}) => pendingCount > 0);
		const {patienceMs, mix} = parameters.workload;
		const latest = stormMs + patienceMs + (mix.watch > 0 ? waitMsMax : 0) + lookEveryMs;
		if (now() > latest && waiting.length > 0) {
			report('settled', `${waiting.length} clients wait for operations whose deadline is over`);
			return;
		}
		const trouble = this.#trouble();
		if (waiting.length > 0 || trouble !== undefined) {
			if (now() > this.#deadline) report('oneLeader', trouble ?? 'clients still wait');
			return;
		}
		this.#enter('probing', probeMsMax);
		for (const client of clients) this.#probe(client, 0, 0);
	}

	/** Asks until it is answered: an expired session or a full server may refuse it at first. */
	#probe(client: SimulatedClient<T>, place: number, tries: number): void {
		const operation = client.probes()[place];
		if (operation === undefined) return;
		this.#probesOpen += 1;
		client.ask(operation, probePatienceMs, isDone => {
			this.#probesOpen -= 1;
			if (isDone) this.#probe(client, place + 1, 0);
			else if (tries + 1 < probeTriesMax) this.#probe(client, place, tries + 1);
			else this.#options.report('service', `client ${client.id} cannot ${place === 0 ? 'write' : 'read'}`);
		});
	}

	#awaitProbes(): void {
		const {now, parameters, report} = this.#options;
		const trouble = this.#trouble();
		if (this.#probesOpen > 0 || trouble !== undefined) {
			if (now() > this.#deadline) report('service', trouble ?? `${this.#probesOpen} probes are not answered`);
			return;
		}
		this.#compareStates();
		this.#quietTerm = this.#term();
		this.#nextLookMs = 6 * parameters.raft.electionTimeoutMs;
		this.#enter('watching', this.#nextLookMs);
	}

	#conclude(): void {
		const {now, report, finished} = this.#options;
		const trouble = this.#trouble();
		if (trouble !== undefined && now() < this.#deadline + lateMsMax) {
			this.#nextLookMs = lookEveryMs;
			return;
		}
		this.#isOver = true;
		const term = this.#term();
		if (trouble !== undefined) report('oneLeader', `after everything was well: ${trouble}`);
		else if (term !== this.#quietTerm && this.#broken.size === 0) {
			report('stableTerm', `the term grew from ${this.#quietTerm} to ${term} with nothing wrong`);
		}
		this.#compareStates();
		finished();
	}

	/** Not the highest of all that were seen: that may be the term of a node that is broken, or that has lost it with its disk. */
	#term(): number {
		return Math.max(...this.#working().map(({status}) => status?.currentTerm ?? 0));
	}

	#compareStates(): void {
		for (const {id, service} of this.#working()) {
			if (service !== undefined) this.#options.compare(id, service.state);
		}
	}

	#working(): readonly LiveNode<T>[] {
		return this.#options.nodes.filter(({id, isCorrupt}) => !isCorrupt && !this.#broken.has(id));
	}

	/** What is not as it should be in a healthy cluster. */
	#trouble(): string | undefined {
		const working = this.#working();
		const down = working.find(({isUp}) => !isUp);
		if (down !== undefined) return `node ${down.id} is down`;
		const asleep = working.find(({pausedUntil}) => pausedUntil > this.#options.now());
		if (asleep !== undefined) return `node ${asleep.id} sleeps`;
		const statuses = working.map(({status}) => status).filter(status => status !== undefined);
		const term = Math.max(...statuses.map(({currentTerm}) => currentTerm));
		const leader = statuses.find(({role, currentTerm}) => role === 'leader' && currentTerm === term);
		if (leader === undefined) return `nobody leads term ${term}`;
		const committed = this.#options.logs.committedIndex;
		for (const {id, service, status} of working) {
			if (status === undefined || service === undefined) continue;
			const {currentTerm, commitIndex, lastIndex} = status;
			const where = `term ${currentTerm}, committed ${commitIndex}, last ${lastIndex}`;
			if (currentTerm !== term || commitIndex !== committed || lastIndex !== committed) {
				return `node ${id} is not like the others (${where}; of all ${committed} in term ${term})`;
			}
			const {appliedIndex} = service.state;
			if (appliedIndex !== committed) return `node ${id} has applied ${appliedIndex} of ${committed}`;
			if (service.pendingCount > 0 && this.#phase !== 'probing')
				return `node ${id} keeps ${service.pendingCount} waiting`;
		}
		return undefined;
	}
}
