/**
 * Everything that can go wrong, as data: links, processes, disks, clocks. The router, the storages and the simulator
 * each carry out the faults that concern them.
 */
import {unreachable} from '../base/errors.js';
import {describeDistribution, type Distribution} from './distribution.js';
import {describeEndpoints, describeLinks} from './endpoint.js';
import {shareInWords} from './in-words.js';
import {describeNetworkFault, type NetworkFault} from './network-fault.js';

/** What a node finds on its disk when it comes back. */
export type DiskAfterCrash =
	/** All that was written, synced or not: the thread died, the machine did not. */
	| 'kept'
	/** What was synced; the rest is kept, dropped or torn, as the disk pleases: a power cut. */
	| 'unsyncedLost'
	/** Nothing. Raft does not survive this under the same node id unless the node knows that it is new. */
	| 'wiped'
	/** An older copy, restored from a backup. As dangerous as `wiped`. */
	| 'olderCopy';

/** `node` is a node's number. Where nothing else is said, healing ends the fault. */
export type ProcessFault =
	/** Healed by a restart. */
	| {readonly type: 'crash'; readonly node: number; readonly disk: DiskAfterCrash}
	/** All nodes at the same moment. Healed by restarting them all. */
	| {readonly type: 'crashAll'; readonly disk: 'kept' | 'unsyncedLost'}
	/** Crashes again each time that it has been up for `upMs`. */
	| {readonly type: 'crashLoop'; readonly node: number; readonly upMs: number}
	/**
	 * The event loop stands still, and goes on by itself after `durationMs`: longer than an election timeout, a leader
	 * wakes up deposed. `clockStops`: its monotonic clock stood still as well (a suspended machine).
	 */
	| {readonly type: 'pause'; readonly node: number; readonly durationMs: number; readonly clockStops: boolean}
	/** All that the node does takes `factor` times as long. */
	| {readonly type: 'slowNode'; readonly node: number; readonly factor: number};

/** What can be wrong with a node’s disk. */
export type DiskFault =
	| {readonly type: 'slowSync'; readonly node: number; readonly delay: Distribution}
	/** Syncs do not end before the fault is healed; the process goes on meanwhile. */
	| {readonly type: 'stalledSync'; readonly node: number}
	/** The next sync fails and drops its pages; later ones say "success" (the trap of fsync). Happens once. */
	| {readonly type: 'failedSync'; readonly node: number}
	/** Each such operation fails with this probability; `write` means renames, removals and cuts as well. */
	| {
			readonly type: 'operationError';
			readonly node: number;
			readonly operation: 'open' | 'create' | 'read' | 'write' | 'sync';
			readonly probability: number;
	  }
	| {readonly type: 'writeError'; readonly node: number; readonly probability: number}
	| {readonly type: 'diskFull'; readonly node: number}
	| {readonly type: 'readError'; readonly node: number; readonly probability: number}
	/** One bit of what is stored turns over. Happens once. */
	| {readonly type: 'bitFlip'; readonly node: number}
	/** What is stored is good, and one bit of what is read is not. */
	| {readonly type: 'bitFlipOnRead'; readonly node: number; readonly probability: number}
	/** At the next crash, an unsynced write is there in part. Happens once. */
	| {readonly type: 'tornWrite'; readonly node: number}
	/** The disk says "done" and has not written. */
	| {readonly type: 'lostWrite'; readonly node: number; readonly probability: number}
	/** The disk writes elsewhere in the file. */
	| {readonly type: 'misdirectedWrite'; readonly node: number; readonly probability: number}
	/** Of unsynced writes a later one survives a crash and an earlier one does not. */
	| {readonly type: 'reorderedWrites'; readonly node: number}
	/** At the next crash, names that were not synced with their directory are gone. Happens once. */
	| {readonly type: 'lostRename'; readonly node: number}
	/** A file is gone. Happens once. */
	| {readonly type: 'missingFile'; readonly node: number; readonly file: 'log' | 'snapshot'}
	/** Completions of different files come in any order. */
	| {readonly type: 'unorderedCompletions'; readonly node: number};

/** What can be wrong with a node’s clock. Times in ms. */
export type ClockFault =
	| {readonly type: 'clockOffset'; readonly node: number; readonly offsetMs: number}
	/** The node's clock runs `rate` times as fast as it ought to. */
	| {readonly type: 'clockDrift'; readonly node: number; readonly rate: number}
	/** A step forward, which happens once; or back: it stands still for so long. */
	| {readonly type: 'clockJump'; readonly node: number; readonly byMs: number}
	/** Timers go off late by this, or early where it is negative. */
	| {readonly type: 'timerSkew'; readonly node: number; readonly byMs: number};

/** All that can be wrong with a cluster. */
export type Fault = NetworkFault | ProcessFault | DiskFault | ClockFault;

/**
 * One line of a schedule, and of a log of what was injected: a log is a schedule, so a session can be replayed.
 * `atMs` counts from the start. `heal` names the injection that it ends.
 */
export type FaultEvent =
	| {readonly type: 'inject'; readonly atMs: number; readonly id: string; readonly fault: Fault}
	| {readonly type: 'heal'; readonly atMs: number; readonly id: string};

/** Whether a node starts when the fault is healed. Whatever else breaks that node is to be healed before. */
export const endsWithStart = ({type}: Fault): boolean =>
	type === 'crash' || type === 'crashAll' || type === 'crashLoop';

/** Whether the fault is over by itself, so that there is nothing to heal. */
export function isMomentary(fault: Fault): boolean {
	switch (fault.type) {
		case 'pause':
		case 'failedSync':
		case 'bitFlip':
		case 'tornWrite':
		case 'lostRename':
		case 'missingFile':
		case 'clockJump':
			return true;
		default:
			return false;
	}
}

// As records, so that the compiler asks for a new type of fault here.
const processFaults: Readonly<Record<ProcessFault['type'], true>> = {
	crash: true,
	crashAll: true,
	crashLoop: true,
	pause: true,
	slowNode: true,
};
const clockFaults: Readonly<Record<ClockFault['type'], true>> = {
	clockOffset: true,
	clockDrift: true,
	clockJump: true,
	timerSkew: true,
};

export function isProcessFault(fault: Fault): fault is ProcessFault {
	return Object.hasOwn(processFaults, fault.type);
}

export function isClockFault(fault: Fault): fault is ClockFault {
	return Object.hasOwn(clockFaults, fault.type);
}

/** Whether it is a fault of a node's disk. */
export function isDiskFault(fault: Fault): fault is DiskFault {
	return !isNetworkFault(fault) && !isProcessFault(fault) && !isClockFault(fault);
}

export function isNetworkFault(fault: Fault): fault is NetworkFault {
	return !('node' in fault) && !isProcessFault(fault);
}

/**
 * The name of a fault that is given none. Two faults that would contradict each other have the same, so the later one takes
 * the place of the earlier.
 */
export function nameOfFault(fault: Fault): string {
	switch (fault.type) {
		case 'loss':
		case 'delay': {
			const {from, to} = fault.links;
			// As `FaultPlan.setLoss` and `setDelay` name them.
			return from === 'nodes' && to === 'nodes' ? fault.type : `${fault.type} ${describeLinks(fault.links)}`;
		}
		case 'cut':
			return `cut ${describeEndpoints(fault.links.from)} ${describeEndpoints(fault.links.to)}`;
		case 'isolate':
			return `isolate ${fault.endpoint}`;
		case 'operationError':
			return `${fault.type} ${fault.operation} ${fault.node}`;
		default:
			if ('links' in fault) return `${fault.type} ${describeLinks(fault.links)}`;
			return 'node' in fault ? `${fault.type} ${fault.node}` : fault.type;
	}
}

/** One line, for people. */
export function describeFault(fault: Fault): string {
	if (isNetworkFault(fault)) return describeNetworkFault(fault);
	if (isProcessFault(fault)) return describeProcessFault(fault);
	if (isClockFault(fault)) return describeClockFault(fault);
	return describeDiskFault(fault);
}

export function describeFaultEvent(event: FaultEvent): string {
	const what = event.type === 'inject' ? `${event.id}: ${describeFault(event.fault)}` : `${event.id} healed`;
	return `${event.atMs.toFixed(0)} ms ${what}`;
}

/** Seconds where that is easier to read. */
const timeInWords = (ms: number): string => (ms >= 1000 ? `${Number((ms / 1000).toFixed(1))} s` : `${ms} ms`);

const lossInWords = {
	kept: '',
	unsyncedLost: ': what was not synced is lost',
	wiped: ': its disk is empty',
	olderCopy: ': its disk is an older copy',
} as const;

function describeProcessFault(fault: ProcessFault): string {
	switch (fault.type) {
		case 'crash':
			return `node ${fault.node} killed${lossInWords[fault.disk]}`;
		case 'crashAll':
			return `all nodes killed${lossInWords[fault.disk]}`;
		case 'crashLoop':
			return `node ${fault.node} crashes each time that it has been up for ${timeInWords(fault.upMs)}`;
		case 'pause':
			return `node ${fault.node} paused for ${timeInWords(fault.durationMs)}${fault.clockStops ? ', its clock too' : ''}`;
		case 'slowNode':
			return `node ${fault.node} slowed down ${fault.factor} times`;
		default:
			return unreachable(fault);
	}
}

const describeDiskFault = (fault: DiskFault): string => `disk ${fault.node}: ${diskFaultInWords(fault)}`;

const operationsInWords = {
	open: 'opened files',
	create: 'new files',
	read: 'reads',
	write: 'writes',
	sync: 'fsyncs',
} as const;

function diskFaultInWords(fault: DiskFault): string {
	switch (fault.type) {
		case 'slowSync':
			return `fsync slow by ${describeDistribution(fault.delay)}`;
		case 'stalledSync':
			return 'fsync does not end';
		case 'failedSync':
			return 'the next fsync fails';
		case 'operationError':
			return `${shareInWords(operationsInWords[fault.operation], fault.probability)} fail`;
		case 'writeError':
			return `${shareInWords('writes', fault.probability)} fail`;
		case 'readError':
			return `${shareInWords('reads', fault.probability)} fail`;
		case 'diskFull':
			return 'full';
		case 'bitFlip':
			return 'one stored bit turned over';
		case 'bitFlipOnRead':
			return `${shareInWords('reads', fault.probability)} have one bit wrong`;
		case 'tornWrite':
			return 'a write is torn at the next crash';
		case 'lostWrite':
			return `${shareInWords('writes', fault.probability)} are lost and told to be done`;
		case 'misdirectedWrite':
			return `${shareInWords('writes', fault.probability)} go to another place of the file`;
		case 'reorderedWrites':
			return 'of unsynced writes a crash keeps later ones and loses earlier ones';
		case 'lostRename':
			return 'the next crash loses names that were not synced';
		case 'missingFile':
			return `the newest ${fault.file} file is gone`;
		case 'unorderedCompletions':
			return 'operations end in any order';
		default:
			return unreachable(fault);
	}
}

const describeClockFault = (fault: ClockFault): string => `clock ${fault.node}: ${clockFaultInWords(fault)}`;

function clockFaultInWords(fault: ClockFault): string {
	switch (fault.type) {
		case 'clockOffset':
			return `${timeInWords(Math.abs(fault.offsetMs))} ${fault.offsetMs < 0 ? 'behind' : 'ahead'}`;
		case 'clockDrift':
			return `runs at ${fault.rate} times its speed`;
		case 'clockJump':
			return `leaps ${fault.byMs < 0 ? 'back' : 'forward'} by ${timeInWords(Math.abs(fault.byMs))}`;
		case 'timerSkew':
			return `timers ${timeInWords(Math.abs(fault.byMs))} ${fault.byMs < 0 ? 'early' : 'late'}`;
		default:
			return unreachable(fault);
	}
}
