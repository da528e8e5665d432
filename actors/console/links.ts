/**
 * Links between nodes and clients, as a line names them:
 *
 *     0->1  0,1->2,3  leader->2     what the first send to the second
 *     0<->1                         both ways
 *     2  leader  clients            all that they exchange with the nodes
 *     nodes                         all between nodes
 *     all                           all
 */
import type {Endpoint, EndpointSet} from '../../src/faults/endpoint.js';
import type {NodeReference} from './node-reference.js';

/** Nodes, or all of a sort. */
export type Side = readonly NodeReference[] | Exclude<EndpointSet, Endpoint | readonly Endpoint[]>;

export interface LinksReference {
	readonly from: Side;
	readonly to: Side;
	readonly isBothWays: boolean;
}

/** For details of commands. */
export const linksDetails: readonly string[] = [
	'LINKS: 0->1 (one way), 0<->1, 0,1->2,3, leader->2; 2 or leader (all links of a node to others); clients; all.',
	'Without LINKS it is all links between nodes.',
];

export interface LinksParser {
	readonly node: (name: string) => NodeReference;
	readonly refuse: (why: string) => never;
}

const sorts: Readonly<Record<string, Side>> = {all: 'everyone', nodes: 'nodes', clients: 'clients'};

export function parseLinks(text: string, parser: LinksParser): LinksReference {
	const [from = '', arrow, to = '', ...rest] = text.split(/\s*(<->|->)\s*/);
	if (rest.length > 0) parser.refuse(`"${text}" has more than one arrow: write one such as 0->1`);
	const source = sideOf(from, parser);
	if (arrow !== undefined) return {from: source, to: sideOf(to, parser), isBothWays: arrow === '<->'};
	if (source === 'everyone' || source === 'nodes') return {from: source, to: source, isBothWays: false};
	return {from: source, to: 'nodes', isBothWays: true};
}

function sideOf(text: string, {node, refuse}: LinksParser): Side {
	const sort = Object.hasOwn(sorts, text) ? sorts[text] : undefined;
	if (sort !== undefined) return sort;
	const names = text.split(/[\s,]+/).filter(name => name !== '');
	if (names.length === 0) refuse('a side of the arrow is empty: write links such as 0->1, leader<->2, leader or all');
	return names.map(node);
}
