/** Events in words, for people who watch a cluster. */
import {unreachable} from '../../src/base/errors.js';
import type {LossReason} from '../../src/raft/events.js';
import type {ClusterEvent} from './cluster-event.js';
import {describeDamage} from './health.js';
import {describeTransferFailure} from './transfer-text.js';

/** One line. */
export interface EventText {
	readonly text: string;
	/** Something is wrong, and nobody asked for it: to be told even where nobody watches. */
	readonly isTrouble: boolean;
}

const lossReasons: Readonly<Record<LossReason, string>> = {
	newerTerm: 'another node has begun a newer term',
	noQuorum: 'no majority answers it',
	diskStalled: 'its disk does not answer',
	transferred: 'it has handed its place over',
};

const trouble = (text: string): EventText => ({text, isTrouble: true});
const news = (text: string): EventText => ({text, isTrouble: false});

/** An event, or the same of a record, where an error is plain data. */
type Tellable<Event> = Event extends {readonly error: Error}
	? Omit<Event, 'error'> & {readonly error: {readonly message: string}}
	: Event extends {readonly error: Error | undefined}
		? Omit<Event, 'error'> & {readonly error?: {readonly message: string} | undefined}
		: Event;

/** `undefined` for what a person need not be told: a command's own answer tells it, or it is routine. */
export function eventText(event: Tellable<ClusterEvent>): EventText | undefined {
	switch (event.type) {
		case 'nodeUp':
		case 'nodeDown':
		case 'faultSet':
		case 'faultCleared':
		case 'faultsChanged':
		case 'snapshotTaken':
		case 'snapshotSent':
		case 'threadStarted':
		case 'threadEnded':
		// The operator reads it in a line of its own, and why a node is tried again says of which disk.
		case 'clientsDropped':
		case 'diskFailed':
			return undefined;
		case 'nodeRestarting': {
			const delayMs = Math.ceil(event.delayMs);
			return trouble(`node ${event.id} failed and is tried again in ${delayMs} ms: ${reasonOf(event)}`);
		}
		case 'nodeDamaged':
			return trouble(`node ${event.id} is damaged: ${describeDamage(event.id, event.damage)}`);
		case 'nodeStopFailed':
			return trouble(`node ${event.id} did not stop in good order: ${reasonOf(event)}`);
		case 'logTailCut':
			return trouble(
				`node ${event.id}: the last ${event.bytes} bytes of ${event.file}, from byte ${event.offset}, were cut off: a flush that a crash interrupted, and that nobody was told of`,
			);
		case 'directoryPutBack':
			return trouble(
				`node ${event.id}: its directory, which a fault had set aside, was put back: the process before ended before it could`,
			);
		case 'roleChanged':
			return event.role === 'leader' ? news(`node ${event.id} leads since term ${event.term}`) : undefined;
		case 'leadershipLost':
			return news(`node ${event.id} leads no more (term ${event.term}): ${lossReasons[event.reason]}`);
		case 'electionStarted':
			return electionText(event);
		case 'transferStarted':
			return news(`node ${event.id} hands its place over to node ${event.to}`);
		case 'transferDone':
			return news(`node ${event.to} has taken the place of node ${event.id}`);
		case 'transferGivenUp':
			return news(
				`node ${event.id} gives the transfer to node ${event.to} up: ${describeTransferFailure(event.reason)}`,
			);
		case 'diskSlow':
			return trouble(`node ${event.id}: its disk has not finished a write for ${Math.round(event.stalledMs)} ms`);
		case 'diskRecovered':
			return trouble(`node ${event.id}: its disk answers again, after ${Math.round(event.stalledMs)} ms`);
		case 'sessionsExpired':
			return news(sessionsText(event));
		case 'commitStalled': {
			const waiting = event.lastIndex - event.commitIndex;
			return news(
				`node ${event.id} leads and has committed nothing for ${Math.round(event.stalledMs)} ms; ${waiting === 1 ? '1 entry waits' : `${waiting} entries wait`}`,
			);
		}
		case 'commitResumed':
			return news(`node ${event.id} commits again, after ${Math.round(event.stalledMs)} ms`);
		case 'snapshotSending':
			return news(`node ${event.id} sends node ${event.to} a snapshot up to index ${event.index}`);
		case 'snapshotInstalled':
			return news(`node ${event.id} has taken in a snapshot up to index ${event.index}`);
		default:
			return unreachable(event);
	}
}

function electionText({id, cause, leaderId}: Extract<ClusterEvent, {type: 'electionStarted'}>): EventText | undefined {
	switch (cause) {
		case 'transfer':
			return news(`node ${id} stands for election: node ${leaderId} wants it to lead`);
		case 'leaderDown':
			return news(`node ${id} stands for election: its leader, node ${leaderId}, has ended`);
		case 'leaderSilent':
			return news(`node ${id} stands for election: it no longer hears node ${leaderId}`);
		// Those that follow from it would be told again and again.
		case 'noLeader':
		case 'votesMissing':
			return undefined;
		default:
			return unreachable(cause);
	}
}

function sessionsText({id, expired, evicted, open}: Extract<ClusterEvent, {type: 'sessionsExpired'}>): string {
	const why = [
		...(expired === 0 ? [] : [`${expired} that were silent for too long`]),
		...(evicted === 0 ? [] : [`${evicted} to make room for new ones`]),
	];
	return `node ${id} has forgotten sessions of clients: ${why.join(', ')}; ${open} are open`;
}

/** The error without the name of its node, with which the line begins. */
function reasonOf({id, error}: {readonly id: number; readonly error: {readonly message: string}}): string {
	return error.message.replace(`node ${id}: `, '');
}
