/**
 * What must come true when the faults are over (or stay on a minority only): one leader, equal logs and states,
 * service for everyone, terms that rest, and nobody who waits for ever.
 *
 *      storm ──▶ settling ──▶ probing ──▶ watching ──▶ done
 */
import type {Random} from '../base/random.js';
import type {SimulatedClient} from './simulated-client.js';
import type {SimulatedNode} from './simulated-node.js';
import type {Simulation} from './simulation.js';
import type {Invariant} from './violation.js';

type Phase = 'storm' | 'settling' | 'probing' | 'watching';

const lookEveryMs = 20;
const settleMsMax = 60_000;
const probeMsMax = 60_000;
const probePatienceMs = 5000;
/** A client whose session is gone is told so, and has to ask again. */
const probeTriesMax = 8;
/** A copy of an old request that comes late goes through the log, and for a moment no two nodes are alike. */
const lateMsMax = 2000;

export class Liveness {
	readonly #simulation: Simulation;
	readonly #random: Random;
	#phase: Phase = 'storm';
	/** The phase must be over by then. */
	#deadline = Infinity;
	#probesOpen = 0;
	#quietTerm = 0;
	#nextLookMs = lookEveryMs;
	#isOver = false;
	readonly #broken = new Set<number>();

	constructor(simulation: Simulation, random: Random) {
		this.#simulation = simulation;
		this.#random = random;
	}

	look(): void {
		this.#advance();
		if (!this.#isOver) this.#simulation.schedule(this.#nextLookMs, {type: 'look'});
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
		this.#deadline = this.#simulation.now() + lastsMs;
		this.#simulation.timeline.add(this.#simulation.now(), `-- ${phase} --`, undefined);
	}

	/** The faults end. A minority may stay broken: it is one that the cluster has to do without. */
	#calm(): void {
		const {injector, clients, nodes, setup} = this.#simulation;
		injector.healAll();
		for (const client of clients) client.isWorking = false;
		if (this.#random.chance(setup.parameters.lastingMinority)) {
			for (const id of setup.faults.damagedNodes) this.#break(nodes[id] as SimulatedNode);
		}
		this.#enter('settling', settleMsMax);
	}

	#break(node: SimulatedNode): void {
		this.#broken.add(node.id);
		const {injector} = this.#simulation;
		const name = `lasting #${node.id}`;
		const endpoint = `node:${node.id}` as const;
		if (this.#random.chance(0.5)) injector.breakDown(node);
		else this.#simulation.network.plan.set(name, {type: 'isolate', endpoint, direction: 'both', clients: true});
	}

	#settle(): void {
		const {now, clients, setup} = this.#simulation;
		const waiting = clients.filter(({pendingCount}) => pendingCount > 0);
		const latest = setup.durationMs + setup.parameters.workload.patienceMs + lookEveryMs;
		if (now() > latest && waiting.length > 0) {
			this.#fail('settled', `${waiting.length} clients wait for operations whose deadline is over`);
			return;
		}
		const trouble = this.#trouble();
		if (waiting.length > 0 || trouble !== undefined) {
			if (now() > this.#deadline) this.#fail('oneLeader', trouble ?? 'clients still wait');
			return;
		}
		this.#enter('probing', probeMsMax);
		for (const client of clients) this.#probe(client, 0, 0);
	}

	/** Asks until it is answered: an expired session or a full server may refuse it at first. */
	#probe(client: SimulatedClient, place: number, tries: number): void {
		const operation = client.probes()[place];
		if (operation === undefined) return;
		this.#probesOpen += 1;
		client.ask(operation, probePatienceMs, isDone => {
			this.#probesOpen -= 1;
			if (isDone) this.#probe(client, place + 1, 0);
			else if (tries + 1 < probeTriesMax) this.#probe(client, place, tries + 1);
			else this.#fail('service', `client ${client.id} cannot ${place === 0 ? 'write' : 'read'}`);
		});
	}

	#awaitProbes(): void {
		const {now, setup, logs} = this.#simulation;
		const trouble = this.#trouble();
		if (this.#probesOpen > 0 || trouble !== undefined) {
			if (now() > this.#deadline) this.#fail('service', trouble ?? `${this.#probesOpen} probes are not answered`);
			return;
		}
		this.#compareStates();
		this.#quietTerm = logs.highestTerm;
		this.#nextLookMs = 6 * setup.parameters.raft.electionTimeoutMs;
		this.#enter('watching', this.#nextLookMs);
	}

	#conclude(): void {
		const {logs, now} = this.#simulation;
		const trouble = this.#trouble();
		if (trouble !== undefined && now() < this.#deadline + lateMsMax) {
			this.#nextLookMs = lookEveryMs;
			return;
		}
		this.#isOver = true;
		const term = Math.max(...this.#working().map(({status}) => status?.currentTerm ?? 0));
		if (trouble !== undefined) this.#fail('oneLeader', `after everything was well: ${trouble}`);
		else if (term !== this.#quietTerm && this.#broken.size === 0) {
			this.#fail('stableTerm', `the term grew from ${this.#quietTerm} to ${logs.highestTerm} with nothing wrong`);
		}
		this.#compareStates();
		this.#simulation.finish();
	}

	#compareStates(): void {
		for (const {id, service} of this.#working()) {
			if (service !== undefined) this.#simulation.services.compareAll(id, service.state);
		}
	}

	#working(): readonly SimulatedNode[] {
		return this.#simulation.nodes.filter(({id, isCorrupt}) => !isCorrupt && !this.#broken.has(id));
	}

	/** What is not as it should be in a healthy cluster. */
	#trouble(): string | undefined {
		const working = this.#working();
		const down = working.find(({isUp}) => !isUp);
		if (down !== undefined) return `node ${down.id} is down`;
		const asleep = working.find(({pausedUntil}) => pausedUntil > this.#simulation.now());
		if (asleep !== undefined) return `node ${asleep.id} sleeps`;
		const statuses = working.map(({status}) => status).filter(status => status !== undefined);
		const term = Math.max(...statuses.map(({currentTerm}) => currentTerm));
		const leader = statuses.find(({role, currentTerm}) => role === 'leader' && currentTerm === term);
		if (leader === undefined) return `nobody leads term ${term}`;
		const committed = this.#simulation.logs.committedIndex;
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

	#fail(invariant: Invariant, detail: string): void {
		this.#simulation.report(invariant, detail);
	}
}
