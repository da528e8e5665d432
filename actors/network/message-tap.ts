/**
 * Shows messages as they pass the router, to those who ask for it: some of them, where there are more than anybody can read. While
 * nobody asks, the router pays one look at a flag.
 */
import {unreachable} from '../../src/base/errors.js';
import {Random} from '../../src/base/random.js';
import type {Endpoint} from '../../src/faults/endpoint.js';
import {countPackedEntries} from '../../src/raft/codec.js';
import type {RaftMessage, RequestVote} from '../../src/raft/types.js';
import type {ServiceReply, ServiceRequest} from '../../src/service/types.js';

/** What a message is called: Raft's names, and what clients ask and are answered. */
export type SightingType = RaftMessage['type'] | 'read' | 'write' | 'outcomes' | 'notLeader' | 'unknown' | 'refused';

const sightingTypes: Readonly<Record<SightingType, true>> = {
	requestVote: true,
	requestVoteReply: true,
	appendEntries: true,
	appendEntriesReply: true,
	installSnapshot: true,
	installSnapshotReply: true,
	readIndex: true,
	readIndexReply: true,
	timeoutNow: true,
	read: true,
	write: true,
	outcomes: true,
	notLeader: true,
	unknown: true,
	refused: true,
};

/** Whether messages of this name may be seen. */
export const isSightingType = (name: string): name is SightingType => Object.hasOwn(sightingTypes, name);

/** One message that passed the router; plain data. */
export interface MessageSighting {
	/**
	 * `raft`: between nodes. `client`: of clients to nodes, and answers on links that have a fault; other answers do not pass the
	 * router.
	 */
	readonly layer: 'raft' | 'client';
	readonly type: SightingType;
	readonly from: Endpoint;
	readonly to: Endpoint;
	/** Of Raft's messages. */
	readonly term: number | undefined;
	/** Of the entries in it, or up to where a snapshot or an answer goes. */
	readonly firstIndex: number | undefined;
	readonly lastIndex: number | undefined;
	/** What else it says, in a few words; may be empty. */
	readonly detail: string;
	/** About, as on a wire. */
	readonly bytes: number;
	/** When each copy arrives, ms from now; empty: a fault loses it. */
	readonly afterMs: readonly number[];
	/** There was no such node: nobody takes it. */
	readonly isUndeliverable: boolean;
	/** So many that were wanted were not shown since the last one. */
	readonly skipped: number;
}

/** Which messages are shown. All of it can be left out. */
export interface SightingOptions {
	/** @default both */
	readonly layer?: MessageSighting['layer'];
	/** Only messages of these types. @default all */
	readonly types?: readonly SightingType[];
	/** Only what one of these nodes or clients sends or is sent. @default all */
	readonly endpoints?: readonly Endpoint[];
	/** So many a second at the most; the others are counted. Of messages that come in rounds each has its turn. @default Infinity */
	readonly perSecondMax?: number;
}

/** What is in a message. */
export type TappedPayload = RaftMessage | ServiceRequest | ServiceReply;

/** A message on a link. */
export interface TappedPassage {
	readonly from: Endpoint;
	readonly to: Endpoint;
	readonly bytes: number;
	readonly payload: TappedPayload;
}

interface Tap {
	readonly listener: (sighting: MessageSighting) => void;
	readonly options: SightingOptions;
	/** Messages that may be shown now. */
	credit: number;
	creditedAt: number;
	skipped: number;
	readonly random: Random;
	/** So many more are let by before the next is shown. */
	letBy: number;
}

const arrivesAtOnce: readonly number[] = [0];

export class MessageTaps {
	/** Whether anybody asks. */
	isWanted = false;
	readonly #now: () => number;
	readonly #taps = new Set<Tap>();

	/** `now`: monotonic ms. */
	constructor(now: () => number) {
		this.#now = now;
	}

	/** Answers with what ends it. */
	add(listener: (sighting: MessageSighting) => void, options: SightingOptions): () => void {
		const tap: Tap = {
			listener,
			options,
			credit: burstOf(options),
			creditedAt: this.#now(),
			skipped: 0,
			random: Random.fromSeed(0),
			letBy: 0,
		};
		this.#taps.add(tap);
		this.isWanted = true;
		return () => {
			this.#taps.delete(tap);
			this.isWanted = this.#taps.size > 0;
		};
	}

	/** `afterMs`: of each arrival; `undefined`: at once. */
	see(passage: TappedPassage, afterMs: readonly number[] | undefined, isUndeliverable: boolean): void {
		for (const tap of this.#taps) {
			if (!isMeant(tap.options, passage)) continue;
			if (!this.#pays(tap)) {
				tap.skipped++;
				continue;
			}
			const sighting = describe(passage, {afterMs: afterMs ?? arrivesAtOnce, isUndeliverable, skipped: tap.skipped});
			tap.skipped = 0;
			try {
				tap.listener(sighting);
			} catch (error) {
				// Its owner's mistake: the message goes on.
				setImmediate(() => {
					throw error;
				});
			}
		}
	}

	#pays(tap: Tap): boolean {
		const {perSecondMax = Infinity} = tap.options;
		if (perSecondMax === Infinity) return true;
		const now = this.#now();
		tap.credit = Math.min(burstOf(tap.options), tap.credit + ((now - tap.creditedAt) / 1000) * perSecondMax);
		tap.creditedAt = now;
		if (tap.credit < 1) return false;
		// A leader's heartbeats go out in rounds: whoever took the first message that it may would always see the same one.
		if (tap.letBy > 0 && tap.credit < burstOf(tap.options)) {
			tap.letBy--;
			return false;
		}
		tap.credit -= 1;
		tap.letBy = tap.random.integer(0, tap.skipped);
		return true;
	}
}

/** What a tenth of a second brings may come at once. */
const burstOf = ({perSecondMax = Infinity}: SightingOptions): number => Math.max(1, perSecondMax / 10);

const layerOf = ({from, to}: TappedPassage): MessageSighting['layer'] =>
	from.startsWith('client:') || to.startsWith('client:') ? 'client' : 'raft';

function isMeant({layer, types, endpoints}: SightingOptions, passage: TappedPassage): boolean {
	if (layer !== undefined && layer !== layerOf(passage)) return false;
	if (types !== undefined && !types.includes(passage.payload.type)) return false;
	return endpoints === undefined || endpoints.includes(passage.from) || endpoints.includes(passage.to);
}

function describe(
	passage: TappedPassage,
	fate: Pick<MessageSighting, 'afterMs' | 'isUndeliverable' | 'skipped'>,
): MessageSighting {
	const {from, to, bytes, payload} = passage;
	const what = contentOf(payload);
	return {
		layer: layerOf(passage),
		type: payload.type,
		from,
		to,
		term: 'term' in payload ? payload.term : undefined,
		firstIndex: what.firstIndex,
		lastIndex: what.lastIndex,
		detail: what.detail ?? '',
		bytes,
		...fate,
	};
}

interface Content {
	readonly firstIndex?: number;
	readonly lastIndex?: number;
	readonly detail?: string;
}

function contentOf(payload: TappedPayload): Content {
	switch (payload.type) {
		case 'requestVote':
			return {lastIndex: payload.lastLogIndex, detail: voteDetail(payload)};
		case 'requestVoteReply':
			return {detail: `${payload.preVote ? 'pre-vote ' : ''}${payload.voteGranted ? 'granted' : 'refused'}`};
		case 'appendEntries': {
			const first = payload.prevLogIndex + 1;
			const count = countPackedEntries(payload.entries);
			const detail = `commit ${payload.leaderCommit}`;
			return count === 0 ? {detail: `heartbeat, ${detail}`} : {firstIndex: first, lastIndex: first + count - 1, detail};
		}
		case 'appendEntriesReply':
			return payload.success
				? {lastIndex: payload.matchIndex, detail: 'ok'}
				: {lastIndex: payload.conflictIndex, detail: 'conflict'};
		case 'installSnapshot':
			return {
				lastIndex: payload.snapshot.lastIncludedIndex,
				detail: `from byte ${payload.offset}${payload.done ? ', the end' : ''}`,
			};
		case 'installSnapshotReply':
			return {
				lastIndex: payload.lastIncludedIndex,
				detail: payload.installed ? 'installed' : `has ${payload.offset} bytes`,
			};
		case 'readIndex':
			return {};
		case 'readIndexReply':
			return payload.readIndex === undefined ? {detail: 'refused'} : {lastIndex: payload.readIndex};
		case 'timeoutNow':
			return {lastIndex: payload.lastLogIndex, detail: 'take my place'};
		case 'notLeader':
			return {detail: payload.leaderId === undefined ? '' : `node ${payload.leaderId} leads`};
		case 'write':
		case 'read':
		case 'outcomes':
		case 'unknown':
			return {};
		case 'refused':
			return {detail: payload.reason};
		default:
			return unreachable(payload);
	}
}

function voteDetail({preVote, isTransfer}: RequestVote): string {
	if (preVote) return 'pre-vote';
	return isTransfer ? 'of a transfer' : '';
}
