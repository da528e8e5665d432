/** What happens between nodes: which of them hear each other. */
import {type Fault, isNetworkFault} from '../../../src/faults/faults.js';
import {type Endpoint, type EndpointSet, nodeEndpoint} from '../../../src/faults/endpoint.js';
import {isConnectivityFault} from '../../../src/faults/network-fault.js';
import type {NamedFault} from '../../cluster/faults/named-fault.js';
import {type Command, type CommandContext, defineCommand} from '../command.js';
import type {CommandArguments} from '../command-arguments.js';
import {linksDetails} from '../links.js';
import {endpointsOf, linksOf} from '../links-of.js';
import {nodeOf} from '../node-of.js';
import {offerKind, offerNodeOrLeader, offerNothing, offerWords} from '../offers.js';
import {nodeDetails, timeDetails} from './phrases.js';

const offerLinks = offerKind('node', 'leader', 'clients', 'all');

const cuts: readonly Command[] = [
	defineCommand({
		name: 'partition',
		suggestedFor: ['split', 'disconnect'],
		usage: 'partition 0,1 | 2,3,4',
		summary: 'split the nodes into groups that do not hear each other',
		details: [
			'Nodes in no group form one more; a node in two groups hears both; "leader" is a node, too. Clients still reach every node.',
			'A new partition replaces the one before; "heal" ends it.',
		],
		example: 'partition 0,1 | 2',
		topic: 'network',
		completions: () => offerNodeOrLeader,
		parse: words => words.nodeGroups(),
		run: async (groups, context) => {
			const nodes = groups.map(async group => Promise.all(group.map(async node => nodeOf(node, context))));
			return context.target.inject(partitionOf(await Promise.all(nodes)), context.signal);
		},
	}),
	defineCommand({
		name: 'oneway',
		usage: 'oneway 0,1 -> 2,3',
		summary: 'lose all that the first nodes send to the second',
		details: ['What the second send to the first still comes. "leader" is a node, too; "heal" ends it.'],
		example: 'oneway leader -> 0,1,2',
		topic: 'network',
		completions: () => offerNodeOrLeader,
		parse: words => {
			const links = words.links();
			const {from, to, isBothWays} = links;
			if (typeof from === 'string' || typeof to === 'string' || isBothWays)
				return words.refuse('a one-way cut has nodes on both sides of one arrow');
			return links;
		},
		run: async ({from, to}, context) => {
			const [source = [], target = []] = [await endpointsOf(from, context), await endpointsOf(to, context)].map(listOf);
			const others = target.filter(endpoint => !source.includes(endpoint));
			// As a partition it would also cut off the nodes of neither side.
			return context.target.inject({type: 'cut', links: {from: source, to: others}}, context.signal);
		},
	}),
	defineCommand({
		name: 'bridge',
		usage: 'bridge N|leader',
		summary: 'split the others into two halves that both hear node N',
		details: [...nodeDetails, 'It takes the place of a partition; "heal" ends it.'],
		example: 'bridge 1',
		topic: 'network',
		completions: [offerNodeOrLeader],
		parse: words => words.node(),
		run: async (reference, context) => {
			const bridge = await nodeOf(reference, context);
			const {nodeCount} = context.target;
			const others = Array.from({length: nodeCount}, (_, node) => node).filter(node => node !== bridge);
			const half = Math.ceil(others.length / 2);
			const groups = [
				[...others.slice(0, half), bridge],
				[bridge, ...others.slice(half)],
			];
			return context.target.inject(partitionOf(groups), context.signal);
		},
	}),
	defineCommand({
		name: 'isolate',
		usage: 'isolate N|leader [in|out]',
		summary: 'cut a node off from all others',
		details: [
			...nodeDetails,
			'"in": it hears no other node; "out": none hears it. Clients still reach it; "heal" ends it.',
		],
		example: 'isolate leader',
		topic: 'network',
		completions: [offerNodeOrLeader, offerWords('in', 'out')],
		parse: words => ({reference: words.node(), way: words.isAtEnd ? 'both' : words.oneOf(['in', 'out'])}) as const,
		run: async ({reference, way}, context) => {
			const node = await nodeOf(reference, context);
			const direction = {both: 'both', in: 'inbound', out: 'outbound'} as const;
			const fault = {type: 'isolate', endpoint: nodeEndpoint(node), clients: false} as const;
			await context.target.inject({...fault, direction: direction[way]}, context.signal);
			const words = {both: '', in: ': it hears no other node', out: ': no other node hears it'} as const;
			return `node ${node} is isolated${words[way]}`;
		},
	}),
	defineCommand({
		name: 'cut',
		usage: 'cut LINKS',
		summary: 'lose all messages on these links',
		details: [...linksDetails, '"heal" ends it.'],
		example: 'cut 0->1',
		topic: 'network',
		completions: () => offerLinks,
		parse: words => (words.isAtEnd ? words.refuse('links are missing') : words.links()),
		run: async (links, context) => onEach(await linksOf(links, context), each => ({type: 'cut', links: each}), context),
	}),
	defineCommand({
		name: 'flap',
		usage: 'flap DOWN UP [LINKS]',
		summary: 'cut links for DOWN, join them for UP, and so on',
		details: [...timeDetails, ...linksDetails, '"heal" ends it.'],
		example: 'flap 300ms 700ms 0',
		topic: 'network',
		completions: before => (before.length < 2 ? offerNothing : offerLinks),
		parse: words => ({downMs: words.durationMs(), upMs: words.durationMs(), links: words.links()}),
		run: async ({downMs, upMs, links}, context) =>
			onEach(await linksOf(links, context), each => ({type: 'flapping', links: each, downMs, upMs}), context),
	}),
	defineCommand({
		name: 'heal',
		suggestedFor: ['reconnect', 'join', 'fix'],
		usage: 'heal [all|FAULT]',
		summary: 'reconnect all nodes; "all" takes every fault back',
		details: [
			'It says what it healed. Alone it ends partitions, isolations, cuts and flapping; loss, delay and other faults stay.',
			'"all" also starts nodes that were killed. FAULT is a name that "faults" shows, or the command that set it, such as drop.',
		],
		example: 'heal',
		topic: 'network',
		completions: [offerWords('all')],
		parse: words => words.optionalRest(),
		run: async (name, {target, signal}) => {
			const healed = await target.heal(isMeantBy(name), signal);
			const nothing =
				{'': 'nothing was cut', all: 'no fault was set'}[name] ?? `there is no fault "${name}": "faults" lists them`;
			return healed.length === 0 ? nothing : healed.map(fault => `healed: ${fault}`).join('\n');
		},
	}),
];

const modes = {
	unreliable: [
		"turn the unreliable network of MIT's labs on or off",
		'Requests and replies are lost with 10 % each, requests come up to 26 ms late.',
	],
	reordering: ["turn the long reordering of MIT's labs on or off", 'Two of three replies come 200 to 2199 ms late.'],
	longdelays: [
		"turn the long delays of MIT's labs on or off",
		'A client learns that its request is lost after up to 7 seconds.',
	],
} as const;
const modeFaults = {unreliable: 'unreliable', reordering: 'longReordering', longdelays: 'longDelays'} as const;

const labModes: readonly Command[] = (['unreliable', 'reordering', 'longdelays'] as const).map(name =>
	defineCommand({
		name,
		usage: `${name} on|off`,
		summary: modes[name][0],
		details: [`As in MIT 6.5840. ${modes[name][1]} Clients are touched, too.`],
		example: `${name} on`,
		topic: 'network',
		completions: [offerWords('on', 'off')],
		parse: words => words.oneOf(['on', 'off']) === 'on',
		run: (isOn, context) => {
			const type = modeFaults[name];
			return isOn ? context.target.inject({type}, context.signal) : ended(type, context);
		},
	}),
);

export const networkCommands: readonly Command[] = [...cuts, ...labModes];

const listOf = (set: EndpointSet): readonly Endpoint[] =>
	Array.isArray(set) ? (set as readonly Endpoint[]) : [set as Endpoint];

const partitionOf = (groups: readonly (readonly number[])[]): Fault => ({
	type: 'partition',
	groups: groups.map(group => Array.from(new Set(group), nodeEndpoint)),
	oneWay: false,
});

/** Of the commands that do not have the name of the fault that they set. */
const faultsOfCommands: Readonly<Record<string, Fault['type']>> = {
	...modeFaults,
	bandwidth: 'throttle',
	bridge: 'partition',
	crashloop: 'crashLoop',
	drop: 'loss',
	flap: 'flapping',
	kill: 'crash',
	oneway: 'cut',
	slow: 'slowNode',
};

function isMeantBy(name: string): (fault: NamedFault) => boolean {
	if (name === 'all') return () => true;
	if (name === '') return ({fault}) => isNetworkFault(fault) && isConnectivityFault(fault);
	const type = faultsOfCommands[name] ?? name;
	return each => each.name === name || each.fault.type === type;
}

/** One fault for each of the links; a line each. */
export async function onEach<L>(
	links: readonly L[],
	faultOn: (links: L) => Fault,
	{target, signal}: CommandContext,
): Promise<string> {
	const set: string[] = [];
	for (const each of links) set.push(await target.inject(faultOn(each), signal));
	return set.join('\n');
}

/** Takes back all faults of this kind. */
export async function ended(type: Fault['type'], {target, signal}: CommandContext): Promise<string> {
	const healed = await target.heal(({fault}) => fault.type === type, signal);
	return healed.length === 0 ? 'it was off' : healed.map(fault => `healed: ${fault}`).join('\n');
}

/** `undefined` for the word `off`. */
export const unlessOff = <T>(words: CommandArguments, parse: () => T): T | undefined =>
	words.takes('off') ? undefined : parse();
