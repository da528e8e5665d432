/** From the links that a line names to the endpoints of the cluster. */
import {type EndpointSet, type Links, nodeEndpoint} from '../../src/faults/endpoint.js';
import type {CommandContext} from './command.js';
import type {LinksReference, Side} from './links.js';
import {nodeOf} from './node-of.js';

/** The directed links, with the node that leads now in the place of `leader`. Rejects with a `CommandRefusedError` without one. */
export async function linksOf(
	{from, to, isBothWays}: LinksReference,
	context: CommandContext,
): Promise<readonly Links[]> {
	const [source, target] = [await endpointsOf(from, context), await endpointsOf(to, context)];
	const there: Links = {from: source, to: target};
	return isBothWays ? [there, {from: target, to: source}] : [there];
}

export async function endpointsOf(side: Side, context: CommandContext): Promise<EndpointSet> {
	if (typeof side === 'string') return side;
	const nodes = await Promise.all(side.map(async reference => nodeOf(reference, context)));
	const endpoints = Array.from(new Set(nodes), nodeEndpoint);
	const [first, ...others] = endpoints;
	return first !== undefined && others.length === 0 ? first : endpoints;
}
