/** Parts of sentences that say what a fault does and where, for people: no name of the code is in them. */
import {unreachable} from '../base/errors.js';
import type {Endpoint, EndpointSet, Links} from './endpoint.js';

/** `node 0`, `client 7`. */
const endpointInWords = (endpoint: Endpoint): string => endpoint.replace(':', ' ');

const numberOf = (endpoint: Endpoint): string => endpoint.slice(endpoint.indexOf(':') + 1);

const isOfNode = (endpoint: Endpoint): boolean => endpoint.startsWith('node:');

/** `nodes 0,1`, `all clients`. */
function endpointsInWords(set: EndpointSet): string {
	switch (set) {
		case 'everyone':
			return set;
		case 'nodes':
		case 'clients':
			return `all ${set}`;
		default: {
			if (typeof set === 'string') return endpointInWords(set);
			const [first] = set;
			if (set.length === 1 && first !== undefined) return endpointInWords(first);
			return set.every(isOfNode) ? `nodes ${set.map(numberOf).join(',')}` : set.map(endpointInWords).join(', ');
		}
	}
}

/** Of a partition, as its command is typed: `0,1`. */
export const groupInWords = (group: readonly Endpoint[]): string =>
	group.map(endpoint => (isOfNode(endpoint) ? numberOf(endpoint) : endpointInWords(endpoint))).join(',');

/** `from node 0 to node 1`, `between nodes`, `on all links`. */
export function linksInWords({from, to}: Links): string {
	if (from === 'nodes' && to === 'nodes') return 'between nodes';
	if (from === 'everyone' && to === 'everyone') return 'on all links';
	return `from ${endpointsInWords(from)} to ${endpointsInWords(to)}`;
}

/** `all messages`, `20 % of messages`. */
export const shareInWords = (what: string, probability: number): string =>
	probability === 1 ? `all ${what}` : `${Number((probability * 100).toFixed(2))} % of ${what}`;

/** `node 0 hears no other node`. */
export function isolationInWords(
	endpoint: Endpoint,
	direction: 'both' | 'inbound' | 'outbound',
	isFromClientsToo: boolean,
): string {
	const party = endpointInWords(endpoint);
	const nobody = isFromClientsToo ? 'no other node and no client' : 'no other node';
	switch (direction) {
		case 'both':
			return `${party} cut off from all ${isFromClientsToo ? 'nodes and clients' : 'other nodes'}`;
		case 'inbound':
			return `${party} hears ${nobody}`;
		case 'outbound':
			return `${nobody} hears ${party}`;
		default:
			return unreachable(direction);
	}
}
