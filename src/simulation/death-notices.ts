/**
 * Whoever runs the nodes tells each of the others when one has ended, so that they need not wait for its silence. Here its word is as
 * bad as a word can be: it comes late, when the node may lead again; twice; not at all; and of nodes that live.
 */
import type {Random} from '../base/random.js';
import type {Role} from '../raft/types.js';
import type {Schedule} from './events.js';

/** How well the nodes are told of each other's ends. */
export interface DeathNotices {
	/** They are told at all. */
	readonly areGiven: boolean;
	/** Chance that a node is not told. */
	readonly lost: number;
	/** Chance that a node is told again, later. */
	readonly doubled: number;
	/** Chance that a notice is late, and by how much on average, ms. */
	readonly late: number;
	readonly lateMs: number;
	/** Mean time between two notices of an end that there was not, ms; 0: there are none. */
	readonly falseEveryMs: number;
	/** That none leads is told at the start, and at times when one does. */
	readonly isStartTold: boolean;
}

export interface DeathNoticesContext {
	readonly nodes: readonly {readonly id: number; readonly status: {readonly role: Role} | undefined}[];
	readonly notices: DeathNotices;
	/** Nothing is late or wrong after this: the cluster has to settle. */
	readonly untilMs: number;
	readonly random: Random;
	readonly now: () => number;
	readonly schedule: Schedule;
	readonly coverage: {count(kind: string): void};
}

/** Ms from an end to the notice of it, at most, when all is well: a message from one thread to another. */
const promptMs = 0.5;
/** Chance that a false notice is of a leader, if there is one. */
const aimAtLeader = 0.7;
/** Chance that a node hears a false notice. */
const believers = 0.6;

export class DeathNoticeBoard {
	readonly #context: DeathNoticesContext;

	constructor(context: DeathNoticesContext) {
		this.#context = context;
	}

	/** All nodes have been started. */
	began(): void {
		const {nodes, notices} = this.#context;
		if (notices.areGiven && notices.isStartTold) for (const {id} of nodes) this.#tellNoLeader(id);
	}

	/** A node has ended. */
	died(peer: number): void {
		const {nodes, notices, random, coverage} = this.#context;
		if (!notices.areGiven) return;
		for (const {id} of nodes) {
			if (id === peer || random.chance(notices.lost)) continue;
			const isLate = random.chance(notices.late);
			coverage.count(isLate ? 'end of a peer: told late' : 'end of a peer: told');
			this.#tell(id, peer, isLate ? random.exponential(notices.lateMs) : 0);
			if (!random.chance(notices.doubled)) continue;
			coverage.count('end of a peer: told twice');
			this.#tell(id, peer, random.exponential(notices.lateMs));
		}
	}

	/** Schedules the next false notice. */
	thinkOfNext(): void {
		const {notices, untilMs, random, now, schedule} = this.#context;
		if (!notices.areGiven || notices.falseEveryMs === 0) return;
		const delayMs = random.exponential(notices.falseEveryMs);
		if (now() + delayMs < untilMs) schedule(delayMs, {type: 'falseNotice'});
	}

	/** Tells some nodes of an end that there was not. */
	tellFalsely(): void {
		const {nodes, notices, random, coverage} = this.#context;
		const leaders = nodes.filter(({status}) => status?.role === 'leader');
		const isOfLeader = leaders.length > 0 && random.chance(aimAtLeader);
		const {id: peer} = random.pick(isOfLeader ? leaders : nodes);
		for (const {id} of nodes) {
			if (id === peer || !random.chance(believers)) continue;
			coverage.count('end of a peer: told, and not true');
			this.#tell(id, peer, 0);
			if (notices.isStartTold) this.#tellNoLeader(id);
		}
		this.thinkOfNext();
	}

	#tellNoLeader(node: number): void {
		const {random, schedule, coverage} = this.#context;
		coverage.count('nobody leads: told');
		schedule(promptMs * random.float(), {type: 'noLeader', node});
	}

	#tell(node: number, peer: number, lateMs: number): void {
		const {untilMs, random, now, schedule} = this.#context;
		const delayMs = promptMs * random.float();
		const isInTime = now() + delayMs + lateMs < untilMs;
		schedule(isInTime ? delayMs + lateMs : delayMs, {type: 'peerDown', node, peer});
	}
}
