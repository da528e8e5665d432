/** The senders and receivers of messages: the cluster's nodes and its clients, by name. */

/** `node:0` is the node of that number; `client:` and a name is one clerk. */
export type Endpoint = `node:${number}` | `client:${string}`;

/** One, several, or all of a sort. */
export type EndpointSet = 'everyone' | 'nodes' | 'clients' | Endpoint | readonly Endpoint[];

/** Directed links: from each of the first set to each of the second. */
export interface Links {
	readonly from: EndpointSet;
	readonly to: EndpointSet;
}

export const ALL_LINKS: Links = {from: 'everyone', to: 'everyone'};
export const NODE_LINKS: Links = {from: 'nodes', to: 'nodes'};

/** A node’s name in a fault plan: `node:0`. */
export const nodeEndpoint = (node: number): Endpoint => `node:${node}`;
/** A client’s name in a fault plan: `client:7`. A clerk’s is its `endpoint`. */
export const clientEndpoint = (name: string): Endpoint => `client:${name}`;

export function isNode(endpoint: Endpoint): boolean {
	return endpoint.startsWith('node:');
}

export function isMember(set: EndpointSet, endpoint: Endpoint): boolean {
	if (typeof set !== 'string') return set.includes(endpoint);
	switch (set) {
		case 'everyone':
			return true;
		case 'nodes':
			return isNode(endpoint);
		case 'clients':
			return !isNode(endpoint);
		default:
			return set === endpoint;
	}
}

export function isOnLinks(links: Links, from: Endpoint, to: Endpoint): boolean {
	return isMember(links.from, from) && isMember(links.to, to);
}

export function describeEndpoints(set: EndpointSet): string {
	return typeof set === 'string' ? set : set.join(',');
}

export function describeLinks(links: Links): string {
	return `${describeEndpoints(links.from)} -> ${describeEndpoints(links.to)}`;
}
