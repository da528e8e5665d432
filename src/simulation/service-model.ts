/**
 * The sessions and numbers of the replicated service as their words promise it (src/service/types.ts), written a second time
 * with plain maps. It shares no code with the service: a mistake that all replicas make alike shows against it. What a write
 * does, its subject says.
 */
import type {LogEntry} from '../raft/types.js';
import type {MachineTypes} from '../service/machine.js';
import type {SessionLimits} from '../service/sessions.js';
import type {Command, Kept, Outcome} from '../service/types.js';
import {ModelSessions} from './model-sessions.js';

/** What became of one write of a command, and whether it was run there, or is a repeat, or was refused. */
export interface ModelRun<T extends MachineTypes> {
	/** `undefined`: there was no memory for it. */
	readonly write: T['write'] | undefined;
	readonly revision: number;
	readonly outcome: Outcome<T>;
	readonly isRun: boolean;
	/** It was not run, though its client has not acknowledged it: a later one of its session has run. */
	readonly isPassedOver: boolean;
}

/** Where a command stands in the log. */
export type LogPlace = Pick<LogEntry, 'index' | 'term'>;

type Writes<T extends MachineTypes> = Extract<Command<T>, {type: 'writes'}>;

export abstract class ServiceModel<T extends MachineTypes> {
	readonly sessions: ModelSessions<T>;
	revision = 0;
	/** Unix ms, as the log has it. */
	wallTime = 0;

	constructor(limits: SessionLimits) {
		this.sessions = new ModelSessions<T>(limits, result => this.weightOf(result));
	}

	/** What a write does, at `revision`. */
	protected abstract run(write: T['write'], place: LogPlace): T['result'];

	/** What a kept result counts for in its session, the space for itself included. */
	protected abstract weightOf(result: T['result']): number;

	/** An entry that carries no writes; `undefined`: none of the service's, or bytes that are no command. */
	other(command: Exclude<Command<T>, Writes<T>> | undefined): void {
		this.revision += 1;
		if (command?.type === 'openSession') {
			if (this.sessions.close(command.closes)) this.sessions.renewed += 1;
			this.sessions.open(this.revision);
		} else if (command?.type === 'closeSession') {
			if (this.sessions.close(command.session)) this.sessions.givenBack += 1;
		} else if (command?.type === 'clock') {
			this.sessions.advance(command.logTime);
			this.wallTime = Math.max(this.wallTime, command.wallTime);
			this.timePassed();
		}
	}

	/** It is as late as `wallTime` says, from `revision` on. */
	protected timePassed(): void {
		// Most machines have nothing that ends by itself.
	}

	/** Each write by itself, in this order, each at a revision of its own. */
	writes({session: id, acknowledged, after, writes}: Writes<T>, logPlace: LogPlace): readonly ModelRun<T>[] {
		const session = this.sessions.spoken(id, acknowledged);
		return writes.map(({sequence, write}, place) => {
			const predecessor = writes[place - 1]?.sequence ?? after;
			this.revision += 1;
			const {revision} = this;
			const refused = (type: 'sessionExpired' | 'alreadyAcknowledged' | 'outOfOrder' | 'sessionFull'): ModelRun<T> => ({
				write,
				revision,
				outcome: {type},
				isRun: false,
				isPassedOver: type === 'alreadyAcknowledged' && sequence > (session?.acknowledged ?? 0),
			});
			if (session === undefined) return refused('sessionExpired');
			const kept = session.kept.get(sequence);
			if (kept !== undefined) return {write, revision, outcome: kept, isRun: false, isPassedOver: false};
			if (Math.max(session.acknowledged, session.newest) >= sequence) return refused('alreadyAcknowledged');
			if (Math.max(session.acknowledged, session.newest) < predecessor) return refused('outOfOrder');
			if (this.sessions.isFull(session)) return refused('sessionFull');
			const outcome: Kept<T> =
				write === undefined ? {type: 'outOfMemory'} : {type: 'result', result: this.run(write, logPlace)};
			session.kept.set(sequence, outcome);
			session.newest = sequence;
			return {write, revision, outcome, isRun: true, isPassedOver: false};
		});
	}
}
