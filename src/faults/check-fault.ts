/** Checks a fault that came from outside, which need not be what its type says: a script or a file may have made it. */
import type {Distribution} from './distribution.js';
import {FaultError} from './fault-error.js';
import type {LabMode} from './lab-network.js';
import type {ClockFault, DiskFault, Fault, ProcessFault} from './faults.js';
import type {NetworkFault} from './network-fault.js';

/** Throws a `FaultError` that names `option` unless the value may stand there. `nodeCount`: nodes of the cluster, if known. */
type Check = (value: unknown, option: string, nodeCount: number | undefined) => void;

type Fields<Data> = {readonly [Field in Exclude<keyof Data, 'type'>]-?: Check};
/** For each member of a union, the check of each of its fields. */
type Shapes<Union extends {readonly type: string}> = {
	readonly [Type in Union['type']]: Fields<Extract<Union, {readonly type: Type}>>;
};

const numberCheck =
	(allowed: string, isAllowed: (value: number) => boolean): Check =>
	(value, option) => {
		if (typeof value !== 'number' || !Number.isFinite(value) || !isAllowed(value)) {
			throw new FaultError(option, allowed, value);
		}
	};

const milliseconds = numberCheck('a number of milliseconds, 0 or more', value => value >= 0);
const someMilliseconds = numberCheck('a number of milliseconds above 0', value => value > 0);
const probability = numberCheck('a probability from 0 to 1', value => value >= 0 && value <= 1);

const oneOf =
	(...words: readonly unknown[]): Check =>
	(value, option) => {
		if (!words.includes(value))
			throw new FaultError(option, words.map(word => JSON.stringify(word)).join(' or '), value);
	};

const boolean = oneOf(true, false);

/** Nodes may be more than the cluster has only where nobody knows how many it has. */
const endpoint: Check = (value, option, nodeCount) => {
	const number = typeof value === 'string' ? /^node:(\d+)$/.exec(value)?.[1] : undefined;
	if (number !== undefined && (nodeCount === undefined || Number(number) < nodeCount)) return;
	if (typeof value === 'string' && value.startsWith('client:')) return;
	const nodes = nodeCount === undefined ? 'a node (node:0)' : `a node from node:0 to node:${nodeCount - 1}`;
	throw new FaultError(option, `${nodes} or a client (client:NAME)`, value);
};

const endpoints: Check = (value, option, nodeCount) => {
	if (!Array.isArray(value)) throw new FaultError(option, 'a list of endpoints', value);
	for (const [offset, member] of value.entries()) endpoint(member, `${option}[${offset}]`, nodeCount);
};

const endpointSet: Check = (value, option, nodeCount) => {
	if (value === 'everyone' || value === 'nodes' || value === 'clients') return;
	if (Array.isArray(value)) endpoints(value, option, nodeCount);
	else endpoint(value, option, nodeCount);
};

const groups: Check = (value, option, nodeCount) => {
	if (!Array.isArray(value) || value.length === 0)
		throw new FaultError(option, 'at least one group of endpoints', value);
	for (const [offset, group] of value.entries()) endpoints(group, `${option}[${offset}]`, nodeCount);
};

const links = record({from: endpointSet, to: endpointSet});

const distribution: Check = (value, option, nodeCount) => {
	member(distributionShapes)(value, option, nodeCount);
	const {minMs, maxMs} = value as {readonly minMs?: number; readonly maxMs?: number};
	if (maxMs !== undefined && minMs !== undefined && maxMs < minMs) {
		throw new FaultError(`${option}.maxMs`, `at least ${option}.minMs (${minMs})`, maxMs);
	}
};

const distributionShapes: Shapes<Distribution> = {
	fixed: {ms: milliseconds},
	uniform: {minMs: milliseconds, maxMs: milliseconds},
	exponential: {minMs: milliseconds, meanMs: milliseconds},
};

const networkShapes: Shapes<NetworkFault> = {
	loss: {links, probability},
	delay: {links, delay: distribution},
	duplicate: {links, probability, copyDelay: distribution},
	reorder: {links, probability, delay: distribution},
	throttle: {
		links,
		bytesPerSecond: numberCheck('a number of bytes above 0', value => value > 0),
		queueBytesMax: numberCheck('a number of bytes, 0 or more', value => value >= 0),
	},
	clog: {links, untilMs: milliseconds},
	cut: {links},
	partition: {groups, oneWay: boolean},
	isolate: {endpoint, direction: oneOf('both', 'inbound', 'outbound'), clients: boolean},
	flapping: {links, downMs: someMilliseconds, upMs: someMilliseconds},
	unreliable: {},
	longReordering: {},
	longDelays: {},
};

const node: Check = (value, option, nodeCount = Infinity) => {
	if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < nodeCount) return;
	throw new FaultError(
		option,
		nodeCount === Infinity ? "a node's number" : `a node's number from 0 to ${nodeCount - 1}`,
		value,
	);
};

const anyNumber = (what: string): Check => numberCheck(what, () => true);

const processShapes: Shapes<ProcessFault> = {
	crash: {node, disk: oneOf('kept', 'unsyncedLost', 'wiped', 'olderCopy')},
	crashAll: {disk: oneOf('kept', 'unsyncedLost')},
	crashLoop: {node, upMs: milliseconds},
	pause: {node, durationMs: milliseconds, clockStops: boolean},
	slowNode: {node, factor: numberCheck('a factor of 1 or more', value => value >= 1)},
};

const diskShapes: Shapes<DiskFault> = {
	slowSync: {node, delay: distribution},
	stalledSync: {node},
	failedSync: {node},
	operationError: {node, operation: oneOf('open', 'create', 'read', 'write', 'sync'), probability},
	writeError: {node, probability},
	diskFull: {node},
	readError: {node, probability},
	bitFlip: {node},
	bitFlipOnRead: {node, probability},
	tornWrite: {node},
	lostWrite: {node, probability},
	misdirectedWrite: {node, probability},
	reorderedWrites: {node},
	lostRename: {node},
	missingFile: {node, file: oneOf('log', 'snapshot')},
	unorderedCompletions: {node},
};

const clockShapes: Shapes<ClockFault> = {
	clockOffset: {node, offsetMs: anyNumber('a number of milliseconds')},
	clockDrift: {node, rate: numberCheck('a rate above 0', value => value > 0)},
	clockJump: {node, byMs: anyNumber('a number of milliseconds')},
	timerSkew: {node, byMs: anyNumber('a number of milliseconds')},
};

const faultShapes: Shapes<Fault> = {...networkShapes, ...processShapes, ...diskShapes, ...clockShapes};

/** An object with just these fields, each of which passes its check; and with a `type`, where `type` says which. */
function record(fields: Readonly<Record<string, Check>>, type?: string): Check {
	return (value, option, nodeCount) => {
		if (typeof value !== 'object' || value === null) throw new FaultError(option, 'an object', value);
		const prefix = option === '' ? '' : `${option}.`;
		for (const field of Object.keys(value)) {
			if (!Object.hasOwn(fields, field) && !(field === 'type' && type !== undefined)) {
				const allowed = `absent (the fields of ${type ?? 'this object'}: ${Object.keys(fields).join(', ') || 'none'})`;
				throw new FaultError(prefix + field, allowed, (value as Record<string, unknown>)[field]);
			}
		}
		for (const [field, check] of Object.entries(fields)) {
			check((value as Record<string, unknown>)[field], prefix + field, nodeCount);
		}
	};
}

/** A member of a union, told apart by its `type`. */
function member(shapes: Readonly<Record<string, Readonly<Record<string, Check>>>>): Check {
	return (value, option, nodeCount) => {
		const type = (value as {readonly type?: unknown} | null | undefined)?.type;
		const fields = typeof type === 'string' && Object.hasOwn(shapes, type) ? shapes[type] : undefined;
		if (fields === undefined) throw new FaultError(`${option}.type`, Object.keys(shapes).join(', '), type);
		record(fields, type as string)(value, option, nodeCount);
	};
}

/** `nodeCount`: nodes of the cluster; a fault may name those alone. Throws a `FaultError`. */
export function checkNetworkFault(fault: unknown, nodeCount: number | undefined): asserts fault is NetworkFault {
	member(networkShapes)(fault, 'fault', nodeCount);
}

/** A fault of any kind: see `checkNetworkFault`. Throws a `FaultError`. */
export function checkFault(fault: unknown, nodeCount: number | undefined): asserts fault is Fault {
	member(faultShapes)(fault, 'fault', nodeCount);
}

/** Throws a `FaultError` for a word that is none of the lab's modes. */
export function checkLabMode(mode: unknown): asserts mode is LabMode {
	oneOf('unreliable', 'longReordering', 'longDelays')(mode, 'mode', undefined);
}
