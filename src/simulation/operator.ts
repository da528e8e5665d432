/** Somebody who now and then wants another node to lead (dissertation §3.10), whatever state the cluster is in. */
import type {Random} from '../base/random.js';
import type {TransferOutcome} from '../raft/transfer-outcome.js';
import type {ClusterNode} from './cluster-node.js';
import type {Coverage} from './coverage.js';
import type {Schedule} from './events.js';
import type {SimulationParameters} from './parameters.js';
import type {Report} from './violation.js';

export interface OperatorContext {
	readonly nodes: readonly (ClusterNode & {
		transferLeadership(to: number | undefined, settled: (outcome: TransferOutcome) => void): void;
	})[];
	/** `transferEveryMs`: 0: there are no wishes. */
	readonly parameters: Pick<SimulationParameters, 'transferEveryMs' | 'raft'>;
	/** As long as the faults last: after them the cluster has to settle. */
	readonly untilMs: number;
	readonly random: Random;
	readonly now: () => number;
	readonly schedule: Schedule;
	readonly coverage: Pick<Coverage, 'transferred'>;
	readonly report: Report;
}

/** In election timeouts: what was wished for so long before the end of the faults must be over at the end of the run. */
const patience = 5;

/** Chance that a wish is told to any node, whether it leads or not. */
const mistaken = 0.15;
/** Chance that the best of the others will do. */
const easygoing = 0.3;
/** Chance that the next wish comes at once, while the cluster still works on this one. */
const impatient = 0.2;

interface Wish {
	readonly node: ClusterNode;
	/** Of the node. */
	readonly life: number;
	readonly atMs: number;
}

export class Operator {
	readonly #context: OperatorContext;
	/** Nobody was told yet what became of them. */
	readonly #open = new Set<Wish>();

	constructor(context: OperatorContext) {
		this.#context = context;
	}

	/** Schedules the next wish. */
	thinkOfNext(): void {
		const {nodes, parameters, untilMs, random, now, schedule} = this.#context;
		const {transferEveryMs: everyMs} = parameters;
		if (everyMs === 0) return;
		const delayMs = random.chance(impatient) ? random.float() : 2 * everyMs * random.float();
		// One beyond the last: a node that there is not.
		const to = random.chance(easygoing) ? undefined : random.integer(0, nodes.length);
		if (now() + delayMs < untilMs) schedule(delayMs, {type: 'transfer', to});
	}

	/** Tells it to a node. */
	transfer(to: number | undefined): void {
		const {nodes, random, now, coverage, report} = this.#context;
		const awake = nodes.filter(({isUp, pausedUntil}) => isUp && pausedUntil <= now());
		const leaders = awake.filter(({status}) => status?.role === 'leader');
		const asked = leaders.length === 0 || random.chance(mistaken) ? awake : leaders;
		if (asked.length > 0) {
			const node = random.pick(asked);
			const wish = {node, life: node.life, atMs: now()};
			this.#open.add(wish);
			node.transferLeadership(to, outcome => {
				if (!this.#open.delete(wish)) report('oneAnswer', `node ${node.id} settles a transfer again`);
				coverage.transferred(outcome);
			});
		}
		this.thinkOfNext();
	}

	/** When the run is over: a transfer takes two election timeouts at the most, however long the faults went on. */
	judge(): void {
		const {report, parameters, untilMs} = this.#context;
		const begunBefore = untilMs - patience * parameters.raft.electionTimeoutMs;
		for (const {node, life, atMs} of this.#open) {
			if (node.life !== life || !node.isUp) continue;
			if (atMs < begunBefore)
				report('settled', `node ${node.id} has not said what became of the transfer of ${atMs} ms`);
		}
	}
}
