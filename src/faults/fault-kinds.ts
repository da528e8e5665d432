/** The kinds of faults that a nemesis draws from, and how it draws one of each. */
import {type Distribution} from './distribution.js';
import {ALL_LINKS, nodeEndpoint, NODE_LINKS, type Endpoint, type Links} from './endpoint.js';
import type {Fault} from './faults.js';
import type {Random} from '../base/random.js';

/** What a draw may depend on. */
export interface FaultDraw {
	readonly random: Random;
	readonly nodeCount: number;
	readonly intensity: 'mild' | 'extreme';
	/** Nodes whose stored data may be damaged. */
	readonly damagedNodes: readonly number[];
	/** From when to when the fault lasts. */
	readonly atMs: number;
	readonly endMs: number;
}

/** `undefined`: there is nobody that this could happen to. */
type Draw = (draw: FaultDraw) => Fault | undefined;

const anyNode = ({random, nodeCount}: FaultDraw): number => random.integer(0, nodeCount - 1);

/** Up to `mild` or up to `extreme`, never nothing. */
function upTo({random, intensity}: FaultDraw, most: {readonly mild: number; readonly extreme: number}): number {
	const value = most[intensity] * (0.1 + 0.9 * random.float());
	return Number(value.toPrecision(3));
}

function someLatency(draw: FaultDraw): Distribution {
	const meanMs = upTo(draw, {mild: 10, extreme: 200});
	return draw.random.pick<Distribution>([
		{type: 'fixed', ms: meanMs},
		{type: 'uniform', minMs: 0, maxMs: 2 * meanMs},
		{type: 'exponential', minMs: meanMs / 4, meanMs},
	]);
}

/** All links, those between nodes, or those to or from one node. */
function someLinks(draw: FaultDraw): Links {
	const node = nodeEndpoint(anyNode(draw));
	return draw.random.pick<Links>([ALL_LINKS, NODE_LINKS, {from: node, to: 'nodes'}, {from: 'nodes', to: node}]);
}

/** Two groups, each with at least one node. */
function twoGroups({random, nodeCount}: FaultDraw): readonly [readonly Endpoint[], readonly Endpoint[]] | undefined {
	if (nodeCount < 2) return undefined;
	const nodes = random.shuffle(Array.from({length: nodeCount}, (_, node) => nodeEndpoint(node)));
	const size = random.integer(1, nodeCount - 1);
	return [nodes.slice(0, size), nodes.slice(size)];
}

function drawPartition(draw: FaultDraw, oneWay: boolean): Fault | undefined {
	const groups = twoGroups(draw);
	return groups && {type: 'partition', groups, oneWay};
}

/** Two halves that both hear one node, and not each other. */
function drawBridge({random, nodeCount}: FaultDraw): Fault | undefined {
	if (nodeCount < 3) return undefined;
	const [bridge, ...others] = random.shuffle(Array.from({length: nodeCount}, (_, node) => nodeEndpoint(node)));
	if (bridge === undefined) return undefined;
	const half = Math.ceil(others.length / 2);
	const groups = [
		[...others.slice(0, half), bridge],
		[bridge, ...others.slice(half)],
	];
	return {type: 'partition', groups, oneWay: false};
}

/** Each node hears its two neighbours on a ring only: every node sees a majority of five, and no two the same one. */
function drawRing({random, nodeCount}: FaultDraw): Fault | undefined {
	if (nodeCount < 4) return undefined;
	const ring = random.shuffle(Array.from({length: nodeCount}, (_, node) => nodeEndpoint(node)));
	const groups = ring.map((endpoint, offset) => [endpoint, ring[(offset + 1) % nodeCount] ?? endpoint]);
	return {type: 'partition', groups, oneWay: false};
}

const onDamagedNode = (draw: FaultDraw, make: (node: number) => Fault): Fault | undefined =>
	draw.damagedNodes.length === 0 ? undefined : make(draw.random.pick(draw.damagedNodes));

const network = {
	loss: draw => ({
		type: 'loss',
		links: someLinks(draw),
		probability: upTo(draw, {mild: 0.05, extreme: 0.3}),
	}),
	delay: draw => ({type: 'delay', links: someLinks(draw), delay: someLatency(draw)}),
	duplicate: draw => ({
		type: 'duplicate',
		links: someLinks(draw),
		probability: upTo(draw, {mild: 0.05, extreme: 0.5}),
		copyDelay: {type: 'exponential', minMs: 0, meanMs: upTo(draw, {mild: 50, extreme: 3000})},
	}),
	reorder: draw => ({
		type: 'reorder',
		links: someLinks(draw),
		probability: upTo(draw, {mild: 0.05, extreme: 0.5}),
		delay: someLatency(draw),
	}),
	throttle: draw => ({
		type: 'throttle',
		links: someLinks(draw),
		bytesPerSecond: Math.round(1e6 / upTo(draw, {mild: 10, extreme: 1000})),
		queueBytesMax: draw.random.integer(1, 16) * 16_384,
	}),
	clog: draw => ({type: 'clog', links: someLinks(draw), untilMs: draw.endMs}),
	partition: draw => drawPartition(draw, false),
	oneWayPartition: draw => drawPartition(draw, true),
	bridge: drawBridge,
	ring: drawRing,
	isolation: draw => ({
		type: 'isolate',
		endpoint: nodeEndpoint(anyNode(draw)),
		direction: draw.random.pick(['both', 'inbound', 'outbound'] as const),
		clients: draw.random.chance(0.3),
	}),
	clientCut: draw => {
		const links: Links = {from: 'clients', to: nodeEndpoint(anyNode(draw))};
		return {type: 'cut', links: draw.random.chance(0.5) ? links : {from: links.to, to: links.from}};
	},
	flapping: draw => ({
		type: 'flapping',
		links: someLinks(draw),
		downMs: draw.random.integer(5, 400),
		upMs: draw.random.integer(5, 400),
	}),
	unreliable: () => ({type: 'unreliable'}),
	longReordering: () => ({type: 'longReordering'}),
} as const satisfies Record<string, Draw>;

const processes = {
	crash: draw => ({type: 'crash', node: anyNode(draw), disk: 'kept'}),
	powerCut: draw => ({type: 'crash', node: anyNode(draw), disk: 'unsyncedLost'}),
	crashAll: draw => ({type: 'crashAll', disk: draw.random.pick(['kept', 'unsyncedLost'] as const)}),
	crashLoop: draw => ({type: 'crashLoop', node: anyNode(draw), upMs: draw.random.integer(10, 500)}),
	pause: draw => ({
		type: 'pause',
		node: anyNode(draw),
		durationMs: draw.endMs - draw.atMs,
		clockStops: draw.random.chance(0.5),
	}),
	slowNode: draw => ({type: 'slowNode', node: anyNode(draw), factor: 1 + upTo(draw, {mild: 2, extreme: 50})}),
} as const satisfies Record<string, Draw>;

const disk = {
	slowSync: draw => ({type: 'slowSync', node: anyNode(draw), delay: someLatency(draw)}),
	stalledSync: draw => ({type: 'stalledSync', node: anyNode(draw)}),
	failedSync: draw => ({type: 'failedSync', node: anyNode(draw)}),
	writeError: draw => ({
		type: 'writeError',
		node: anyNode(draw),
		probability: upTo(draw, {mild: 0.01, extreme: 0.5}),
	}),
	diskFull: draw => ({type: 'diskFull', node: anyNode(draw)}),
	readError: draw => ({type: 'readError', node: anyNode(draw), probability: upTo(draw, {mild: 0.05, extreme: 1})}),
	bitFlipOnRead: draw => ({
		type: 'bitFlipOnRead',
		node: anyNode(draw),
		probability: upTo(draw, {mild: 0.05, extreme: 1}),
	}),
	tornWrite: draw => ({type: 'tornWrite', node: anyNode(draw)}),
	reorderedWrites: draw => ({type: 'reorderedWrites', node: anyNode(draw)}),
	lostRename: draw => ({type: 'lostRename', node: anyNode(draw)}),
	unorderedCompletions: draw => ({type: 'unorderedCompletions', node: anyNode(draw)}),
} as const satisfies Record<string, Draw>;

/** Stored data is really gone; on a minority only. */
const damage = {
	bitFlip: draw => onDamagedNode(draw, node => ({type: 'bitFlip', node})),
	missingFile: draw =>
		onDamagedNode(draw, node => ({type: 'missingFile', node, file: draw.random.pick(['log', 'snapshot'] as const)})),
} as const satisfies Record<string, Draw>;

const clock = {
	clockOffset: draw => ({type: 'clockOffset', node: anyNode(draw), offsetMs: signed(draw, {mild: 100, extreme: 1e7})}),
	clockDrift: draw => ({
		type: 'clockDrift',
		node: anyNode(draw),
		rate: Number((1 + signed(draw, {mild: 0.001, extreme: 0.5})).toFixed(5)),
	}),
	clockJump: draw => ({type: 'clockJump', node: anyNode(draw), byMs: signed(draw, {mild: 100, extreme: 1e6})}),
	timerSkew: draw => ({type: 'timerSkew', node: anyNode(draw), byMs: signed(draw, {mild: 5, extreme: 200})}),
} as const satisfies Record<string, Draw>;

/** Raft cannot survive these without help: a disk that lies, or a vote that is forgotten (§5.2 needs it durable). */
const betrayal = {
	lostWrite: draw =>
		onDamagedNode(draw, node => ({type: 'lostWrite', node, probability: upTo(draw, {mild: 0.01, extreme: 0.3})})),
	misdirectedWrite: draw =>
		onDamagedNode(draw, node => ({
			type: 'misdirectedWrite',
			node,
			probability: upTo(draw, {mild: 0.01, extreme: 0.3}),
		})),
	wipedDisk: draw => onDamagedNode(draw, node => ({type: 'crash', node, disk: 'wiped'})),
	olderDisk: draw => onDamagedNode(draw, node => ({type: 'crash', node, disk: 'olderCopy'})),
} as const satisfies Record<string, Draw>;

function signed(draw: FaultDraw, most: {readonly mild: number; readonly extreme: number}): number {
	return draw.random.chance(0.5) ? upTo(draw, most) : -upTo(draw, most);
}

const tolerated = {...network, ...processes, ...disk, ...damage, ...clock};
/** What a nemesis can be told to draw. */
export type FaultKind =
	| 'loss'
	| 'delay'
	| 'duplicate'
	| 'reorder'
	| 'throttle'
	| 'clog'
	| 'partition'
	| 'oneWayPartition'
	| 'bridge'
	| 'ring'
	| 'isolation'
	| 'clientCut'
	| 'flapping'
	| 'unreliable'
	| 'longReordering'
	| 'crash'
	| 'powerCut'
	| 'crashAll'
	| 'crashLoop'
	| 'pause'
	| 'slowNode'
	| 'slowSync'
	| 'stalledSync'
	| 'failedSync'
	| 'writeError'
	| 'diskFull'
	| 'readError'
	| 'bitFlipOnRead'
	| 'tornWrite'
	| 'reorderedWrites'
	| 'lostRename'
	| 'unorderedCompletions'
	| 'bitFlip'
	| 'missingFile'
	| 'clockOffset'
	| 'clockDrift'
	| 'clockJump'
	| 'timerSkew'
	| 'lostWrite'
	| 'misdirectedWrite'
	| 'wipedDisk'
	| 'olderDisk';

const draws: Readonly<Record<FaultKind, Draw>> = {...tolerated, ...betrayal};

/** What a correct cluster stays correct under (progress comes back when the fault is over, or without the node). */
export const TOLERATED_KINDS: readonly FaultKind[] = Object.keys(tolerated) as readonly (keyof typeof tolerated)[];
export const NETWORK_KINDS: readonly FaultKind[] = Object.keys(network) as readonly (keyof typeof network)[];
/** To show what breaks when a disk betrays its node; never drawn unless asked for. */
export const BETRAYAL_KINDS: readonly FaultKind[] = Object.keys(betrayal) as readonly (keyof typeof betrayal)[];

export function drawFault(kind: FaultKind, draw: FaultDraw): Fault | undefined {
	return draws[kind](draw);
}
