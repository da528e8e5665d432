/**
 * What a run has been through, counted by kind. The kinds are listed in full, so that one that no seed ever reaches shows as
 * a nought and not as nothing: what is never drawn is never tested.
 */
import {TOLERATED_KINDS} from '../faults/fault-kinds.js';
import {defaultClerkLimits} from '../service/clerk/limits.js';
import {defaultServerLimits} from '../service/server/limits.js';
import type {MachineTypes} from '../service/machine.js';
import type {ServiceReply} from '../service/types.js';
import {defaultRaftLimits} from '../raft/options.js';
import type {TransferOutcome} from '../raft/transfer-outcome.js';
import type {RaftMessage, ServiceInput} from '../raft/types.js';
import type {SimulationParameters} from './parameters.js';
import {impliedKinds} from './implied-faults.js';
import type {ModelRun} from './service-model.js';

/** How often each kind was met. */
export type CoverageCounts = Readonly<Record<string, number>>;

const sessionKinds = [
	'write refused for want of memory',
	'repeat in the log',
	'session full',
	'request out of order',
	'session expired',
	'session evicted',
	'session given back',
	'session renewed after a silence',
	'request of a forgotten session',
	'request of an acknowledged operation',
	'request of a write that was passed over',
	'writes of one turn in several requests',
] as const;

const replyKinds = [
	'reply: outcomes',
	'reply: notLeader',
	'reply: unknown',
	'reply: refused, overloaded',
	'reply: refused, tooLarge',
	'reply: refused, tooManyWaiting',
	'failure: not executed',
	'failure: unknown',
	'failure: unknown, given up soon',
] as const;

const messageTypes: readonly RaftMessage['type'][] = [
	'requestVote',
	'requestVoteReply',
	'appendEntries',
	'appendEntriesReply',
	'installSnapshot',
	'installSnapshotReply',
	'readIndex',
	'readIndexReply',
	'timeoutNow',
];

const messageVariants = [
	'requestVote: pre-vote',
	'requestVote: of a transfer',
	'requestVoteReply: granted',
	'requestVoteReply: refused',
	'appendEntries: with entries',
	'appendEntries: heartbeat',
	'appendEntriesReply: accepted',
	'appendEntriesReply: refused',
	'installSnapshot: a chunk of several',
	'installSnapshot: of another leader than the chunk before',
	'installSnapshotReply: installed',
	'readIndexReply: refused',
	'term above 2^32',
] as const;

const serviceKinds = [
	'service: takeSnapshot',
	'service: abandonSnapshot',
	'service: installSnapshot',
	'service: readReady',
	'service: readRefused',
	'service: proposed',
	'service: proposalRefused, notLeader',
	'service: proposalRefused, transferring',
	'service: proposalRefused, entryTooLarge',
	'service: proposalRefused, uncommittedFull',
	'read cancelled in a batch of several',
	'answers prepared behind a cancelled read',
] as const;

const livenessKinds = ['majority undisturbed for long, judged', 'write of the judge'] as const;

const transferKinds = [
	'transfer: done',
	'transfer: refused, notLeader',
	'transfer: refused, alreadyLeader',
	'transfer: refused, notVoter',
	'transfer: refused, noSuccessor',
	'transfer: refused, underWay',
	'transfer: given up, behind',
	'transfer: given up, noElection',
	'transfer: given up, otherLeader',
	'transfer: given up, noLeader',
] as const;

const deathNoticeKinds = [
	'end of a peer: told',
	'end of a peer: told late',
	'end of a peer: told twice',
	'end of a peer: told, and not true',
	'nobody leads: told',
] as const;

/** Blows of a duel or siege, which are no kinds of the nemesis. */
const aimedKinds = ['fault: duel', 'fault: siege'] as const;

const limitGroups = {raft: defaultRaftLimits, server: defaultServerLimits, clerk: defaultClerkLimits};

/** Times that every run draws: they have no usual value to differ from. */
const limitKinds = Object.entries(limitGroups).flatMap(([group, limits]) =>
	Object.keys(limits).map(name => `limit: ${group} ${name}`),
);

const faultKinds = TOLERATED_KINDS.filter(kind => !impliedKinds.has(kind)).map(kind => `fault: ${kind}`);

/** All kinds of what a run can meet, whatever machine it runs. */
export const sharedCoverageKinds: readonly string[] = [
	...sessionKinds,
	...replyKinds,
	...messageTypes.flatMap(type => [`${type}: of the term`, `${type}: of an older term`]),
	// A request for a read index goes to who leads the sender's term, and is never of a newer one than his. Who is asked to take a
	// leader's place has answered that leader in its term.
	...messageTypes.filter(type => type !== 'readIndex' && type !== 'timeoutNow').map(type => `${type}: of a newer term`),
	...messageVariants,
	...serviceKinds,
	...livenessKinds,
	...transferKinds,
	...deathNoticeKinds,
	...faultKinds,
	...aimedKinds,
	...limitKinds,
];

const sharedPlaces: ReadonlyMap<string, number> = new Map(sharedCoverageKinds.map((kind, place) => [kind, place]));

/** Where a kind is counted. Looked up once for what happens millions of times: to make its name anew would cost more than the rest. */
const placeOf = (kind: string): number => sharedPlaces.get(kind) ?? -1;

interface MessagePlaces {
	readonly current: number;
	readonly older: number;
	readonly newer: number;
}

const messagePlaces = Object.fromEntries(
	messageTypes.map((type): [string, MessagePlaces] => [
		type,
		{
			current: placeOf(`${type}: of the term`),
			older: placeOf(`${type}: of an older term`),
			newer: placeOf(`${type}: of a newer term`),
		},
	]),
) as Readonly<Record<RaftMessage['type'], MessagePlaces>>;

const hot = {
	preVote: placeOf('requestVote: pre-vote'),
	transferVote: placeOf('requestVote: of a transfer'),
	granted: placeOf('requestVoteReply: granted'),
	denied: placeOf('requestVoteReply: refused'),
	entries: placeOf('appendEntries: with entries'),
	heartbeat: placeOf('appendEntries: heartbeat'),
	accepted: placeOf('appendEntriesReply: accepted'),
	refused: placeOf('appendEntriesReply: refused'),
	chunk: placeOf('installSnapshot: a chunk of several'),
	installed: placeOf('installSnapshotReply: installed'),
	noReadIndex: placeOf('readIndexReply: refused'),
	highTerm: placeOf('term above 2^32'),
	proposed: placeOf('service: proposed'),
	readReady: placeOf('service: readReady'),
	outcomes: placeOf('reply: outcomes'),
	notLeader: placeOf('reply: notLeader'),
} as const;

type SessionCounts = Readonly<Record<'expired' | 'evicted' | 'givenBack' | 'renewed', number>>;

export class Coverage {
	readonly #kinds: readonly string[];
	/** Those that all runs share come first. */
	readonly #places: ReadonlyMap<string, number>;
	readonly #counts: Float64Array;

	/** `subjectKinds`: of the subject of the run, beside those that all runs share. */
	constructor(subjectKinds: readonly string[] = []) {
		this.#kinds = [...sharedCoverageKinds, ...subjectKinds];
		this.#places = new Map(this.#kinds.map((kind, place) => [kind, place]));
		this.#counts = new Float64Array(this.#kinds.length);
	}

	get counts(): CoverageCounts {
		return Object.fromEntries(this.#kinds.map((kind, place) => [kind, this.#counts[place] ?? 0]));
	}

	/** A kind of the list. */
	count(kind: string, by = 1): void {
		const place = this.#places.get(kind);
		if (place !== undefined) this.#add(place, by);
	}

	#add(place: number, by = 1): void {
		if (place >= 0) this.#counts[place] = (this.#counts[place] ?? 0) + by;
	}

	/** The limits that are not the service's usual ones. */
	drawn(parameters: SimulationParameters): void {
		for (const [group, defaults] of Object.entries(limitGroups)) {
			const drawn: Record<string, unknown> = {...parameters[group as keyof typeof limitGroups]};
			for (const [name, value] of Object.entries(defaults)) {
				if (drawn[name] !== undefined && drawn[name] !== value) this.count(`limit: ${group} ${name}`);
			}
		}
	}

	/** A write that the log refuses, for want of memory. */
	ranOutOfMemory(): void {
		this.count('write refused for want of memory');
	}

	/** The log has not run a write. */
	notRun({outcome, isPassedOver}: Pick<ModelRun<MachineTypes>, 'outcome' | 'isPassedOver'>): void {
		switch (outcome.type) {
			case 'sessionExpired':
				return this.count('request of a forgotten session');
			case 'alreadyAcknowledged':
				return this.count(`request of ${isPassedOver ? 'a write that was passed over' : 'an acknowledged operation'}`);
			case 'sessionFull':
				return this.count('session full');
			case 'outOfOrder':
				return this.count('request out of order');
			default:
				return this.count('repeat in the log');
		}
	}

	replied(reply: ServiceReply): void {
		if (reply.type === 'outcomes') this.#add(hot.outcomes);
		else if (reply.type === 'notLeader') this.#add(hot.notLeader);
		else this.count(reply.type === 'refused' ? `reply: refused, ${reply.reason}` : `reply: ${reply.type}`);
	}

	told(input: ServiceInput): void {
		if (input.type === 'apply' || input.type === 'leadership' || input.type === 'snapshotChunkStored') return;
		if (input.type === 'proposed') this.#add(hot.proposed);
		else if (input.type === 'readReady') this.#add(hot.readReady);
		else this.count(`service: ${input.type}${input.type === 'proposalRefused' ? `, ${input.reason}` : ''}`);
	}

	/** What became of a transfer. */
	transferred(outcome: TransferOutcome): void {
		if (outcome.type === 'done') this.count('transfer: done');
		else this.count(`transfer: ${outcome.type === 'refused' ? 'refused' : 'given up'}, ${outcome.reason}`);
	}

	/** What became of the sessions of a run, when it is over. */
	ofSessions({expired, evicted, givenBack, renewed}: SessionCounts): void {
		this.count('session expired', expired);
		this.count('session evicted', evicted);
		this.count('session given back', givenBack);
		this.count('session renewed after a silence', renewed);
	}

	/** A message reaches a node of this term. */
	message(message: RaftMessage, currentTerm: number): void {
		const {type, term} = message;
		const {current, older, newer} = messagePlaces[type];
		this.#add(term === currentTerm ? current : term < currentTerm ? older : newer);
		if (term > 2 ** 32) this.#add(hot.highTerm);
		const variant = variantOf(message);
		if (variant !== undefined) this.#add(variant);
	}
}

function variantOf(message: RaftMessage): number | undefined {
	switch (message.type) {
		case 'requestVote':
			if (message.isTransfer) return hot.transferVote;
			return message.preVote ? hot.preVote : undefined;
		case 'requestVoteReply':
			return message.voteGranted ? hot.granted : hot.denied;
		case 'appendEntries':
			return message.entries.length > 0 ? hot.entries : hot.heartbeat;
		case 'appendEntriesReply':
			return message.success ? hot.accepted : hot.refused;
		case 'installSnapshot':
			return !message.done || message.offset > 0 ? hot.chunk : undefined;
		case 'installSnapshotReply':
			return message.installed ? hot.installed : undefined;
		case 'readIndexReply':
			return message.readIndex === undefined ? hot.noReadIndex : undefined;
		case 'readIndex':
		case 'timeoutNow':
			return undefined;
		default:
			return message satisfies never;
	}
}
