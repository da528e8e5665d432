/** Tells how many sessions were forgotten: the leader's server alone, for all replicas forget the same ones. */
import type {Milliseconds} from '../../raft/types.js';
import type {ServiceEvent} from '../events.js';
import type {SessionEnds} from '../sessions.js';

export interface SessionWatchContext {
	readonly state: {readonly sessionEnds: SessionEnds; readonly sessionCount: number};
	readonly leadership: {readonly isOurs: boolean};
	readonly now: () => Milliseconds;
	readonly event: (event: ServiceEvent) => void;
}

/** Who opens sessions without end shall not flood those who listen: what is forgotten meanwhile is told with the next. */
const intervalMs: Milliseconds = 1000;

export class SessionWatch {
	readonly #context: SessionWatchContext;
	#told: SessionEnds = {expired: 0, evicted: 0};
	#toldAt: Milliseconds = -Infinity;

	constructor(context: SessionWatchContext) {
		this.#context = context;
	}

	/** The end of a slice of work. */
	check(): void {
		const {state, leadership, now, event} = this.#context;
		const {expired, evicted} = state.sessionEnds;
		const told = this.#told;
		if (expired === told.expired && evicted === told.evicted) return;
		if (!leadership.isOurs) {
			this.#told = {expired, evicted};
			return;
		}
		if (now() - this.#toldAt < intervalMs) return;
		this.#told = {expired, evicted};
		this.#toldAt = now();
		const since = {expired: expired - told.expired, evicted: evicted - told.evicted};
		event({type: 'sessionsExpired', ...since, open: state.sessionCount});
	}
}
