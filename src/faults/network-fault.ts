/** What can go wrong between endpoints, as data. */
import {unreachable} from '../base/errors.js';
import {describeDistribution, type Distribution} from './distribution.js';
import {isMember, isNode, isOnLinks, type Endpoint, type EndpointSet, type Links} from './endpoint.js';
import {groupInWords, isolationInWords, linksInWords, shareInWords} from './in-words.js';

/** Faults of one link add up: losses are drawn one after the other, delays are summed. */
export type NetworkFault =
	| {readonly type: 'loss'; readonly links: Links; readonly probability: number}
	/** Drawn for each message alone, so messages overtake each other as datagrams do, unless the delay is fixed. */
	| {readonly type: 'delay'; readonly links: Links; readonly delay: Distribution}
	/** With this probability the message comes a second time, `copyDelay` after the first. */
	| {
			readonly type: 'duplicate';
			readonly links: Links;
			readonly probability: number;
			readonly copyDelay: Distribution;
	  }
	/** With this probability the message is held back, and later ones overtake it (a latency spike). */
	| {readonly type: 'reorder'; readonly links: Links; readonly probability: number; readonly delay: Distribution}
	/** Each link of the set carries so much and queues at most `queueBytesMax`; what does not fit any more is lost. */
	| {
			readonly type: 'throttle';
			readonly links: Links;
			readonly bytesPerSecond: number;
			readonly queueBytesMax: number;
	  }
	/** Everything is held until then (on the clock of `FaultPlan.decide`), and comes at once. */
	| {readonly type: 'clog'; readonly links: Links; readonly untilMs: number}
	/** One way: what the first send to the second is lost. */
	| {readonly type: 'cut'; readonly links: Links}
	/**
	 * Only members of a common group hear each other; one in several groups is a bridge. Nodes in no group form one
	 * more, the last. Clients in no group are not touched (the lab's rule). `oneWay`: only what goes from a group to a
	 * later one is lost, and answers still come.
	 */
	| {readonly type: 'partition'; readonly groups: readonly (readonly Endpoint[])[]; readonly oneWay: boolean}
	/** One endpoint apart from all nodes; `clients`: from the clients too. */
	| {
			readonly type: 'isolate';
			readonly endpoint: Endpoint;
			readonly direction: 'both' | 'inbound' | 'outbound';
			readonly clients: boolean;
	  }
	/** Down for `downMs`, then up for `upMs`, and so on, from time 0. */
	| {readonly type: 'flapping'; readonly links: Links; readonly downMs: number; readonly upMs: number}
	/** The lab's modes, on all links; see `lab-network.ts`. */
	| {readonly type: 'unreliable'}
	| {readonly type: 'longReordering'}
	/**
	 * Loses and delays nothing: it stretches the time until a lab *caller* learns that a request is lost, and a one-way
	 * message has no caller. For callers that want such a notice there is `FaultPlan.lossNoticeMs`.
	 */
	| {readonly type: 'longDelays'};

/** Whether everything on this link is lost, whatever the time. */
export function isCutBy(fault: NetworkFault, from: Endpoint, to: Endpoint): boolean {
	switch (fault.type) {
		case 'cut':
			return from !== to && isOnLinks(fault.links, from, to);
		case 'partition':
			return from !== to && areApart(fault.groups, fault.oneWay, from, to);
		case 'isolate':
			return from !== to && isIsolatedBy(fault, from, to);
		default:
			return false;
	}
}

/** Whether the fault can do something to a message on this link. */
export function isTouchedBy(fault: NetworkFault, from: Endpoint, to: Endpoint): boolean {
	switch (fault.type) {
		case 'loss':
		case 'delay':
		case 'duplicate':
		case 'reorder':
		case 'throttle':
		case 'clog':
		case 'flapping':
			return isOnLinks(fault.links, from, to);
		case 'cut':
		case 'partition':
		case 'isolate':
			return isCutBy(fault, from, to);
		case 'unreliable':
		case 'longReordering':
			return true;
		case 'longDelays':
			return false;
		default:
			return unreachable(fault);
	}
}

/** Whether the fault decides who can talk to whom: what `FaultPlan.heal` undoes. */
export function isConnectivityFault(fault: NetworkFault): boolean {
	return ['cut', 'partition', 'isolate', 'flapping'].includes(fault.type);
}

function areApart(groups: readonly (readonly Endpoint[])[], oneWay: boolean, from: Endpoint, to: Endpoint): boolean {
	const source = groupsOf(groups, from);
	const target = groupsOf(groups, to);
	if (source.length === 0 || target.length === 0) return false;
	if (source.some(group => target.includes(group))) return false;
	return !oneWay || Math.min(...source) < Math.min(...target);
}

function groupsOf(groups: readonly (readonly Endpoint[])[], endpoint: Endpoint): readonly number[] {
	const offsets = [...groups.keys()].filter(offset => groups[offset]?.includes(endpoint));
	return offsets.length === 0 && isNode(endpoint) ? [groups.length] : offsets;
}

function isIsolatedBy(fault: NetworkFault & {type: 'isolate'}, from: Endpoint, to: Endpoint): boolean {
	const others: EndpointSet = fault.clients ? 'everyone' : 'nodes';
	const outbound = fault.direction !== 'inbound' && from === fault.endpoint && isMember(others, to);
	const inbound = fault.direction !== 'outbound' && to === fault.endpoint && isMember(others, from);
	return outbound || inbound;
}

/** One line, for people. */
export function describeNetworkFault(fault: NetworkFault): string {
	switch (fault.type) {
		case 'loss':
			return `${shareInWords('messages', fault.probability)} lost ${linksInWords(fault.links)}`;
		case 'delay':
			return `messages late by ${describeDistribution(fault.delay)} ${linksInWords(fault.links)}`;
		case 'duplicate':
			return `${shareInWords('messages', fault.probability)} doubled, the second late by ${describeDistribution(fault.copyDelay)}, ${linksInWords(fault.links)}`;
		case 'reorder':
			return `${shareInWords('messages', fault.probability)} late by ${describeDistribution(fault.delay)}, so that others overtake, ${linksInWords(fault.links)}`;
		case 'throttle':
			return `at most ${fault.bytesPerSecond} bytes/s, queue of ${fault.queueBytesMax} bytes, ${linksInWords(fault.links)}`;
		case 'clog':
			return `all messages held ${linksInWords(fault.links)}`;
		case 'cut':
			return `nothing comes ${linksInWords(fault.links)}`;
		case 'partition':
			return `${fault.oneWay ? 'one-way partition' : 'partition'} ${fault.groups.map(groupInWords).join(' | ')}`;
		case 'isolate':
			return isolationInWords(fault.endpoint, fault.direction, fault.clients);
		case 'flapping':
			return `links down for ${fault.downMs} ms and up for ${fault.upMs} ms in turn ${linksInWords(fault.links)}`;
		case 'unreliable':
			return 'unreliable network (10 % of requests and of replies lost, requests 0..26 ms late)';
		case 'longReordering':
			return 'long reordering (two of three replies 200..2199 ms late)';
		case 'longDelays':
			return 'long delays (a lost request is noticed after 0..6999 ms)';
		default:
			return unreachable(fault);
	}
}
