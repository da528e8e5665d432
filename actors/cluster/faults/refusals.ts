/** Which faults a cluster of threads is not given, and why. */
import {FaultRefusedError} from '../../../src/faults/fault-error.js';
import type {Fault} from '../../../src/faults/faults.js';

const needsPowerCut = 'it takes a power cut: what a thread has written the system keeps when the thread ends';
const liesToNode =
	'a disk that says "done" and has not written makes a node forget what it has promised, and Raft does not survive that';

/** Throws a `FaultRefusedError` for what nobody can do to a thread and its files, or what no cluster survives. */
export function refuseUnlessReal(fault: Fault): void {
	const reason = impossible(fault);
	if (reason !== undefined) {
		const message = `a cluster of threads cannot be given ${fault.type}: ${reason}. "threadraft simulate" meets it`;
		throw new FaultRefusedError('ERR_FAULT_IMPOSSIBLE', message);
	}
	if (fault.type !== 'lostWrite' && fault.type !== 'misdirectedWrite') return;
	throw new FaultRefusedError('ERR_FAULT_UNSAFE', `a cluster is not given ${fault.type}: ${liesToNode}`);
}

function impossible(fault: Fault): string | undefined {
	switch (fault.type) {
		case 'crash':
			if (fault.disk === 'olderCopy') return 'nobody keeps an older copy of its disk';
			return fault.disk === 'unsyncedLost' ? needsPowerCut : undefined;
		case 'crashAll':
			return fault.disk === 'unsyncedLost' ? needsPowerCut : undefined;
		case 'tornWrite':
		case 'reorderedWrites':
		case 'lostRename':
			return needsPowerCut;
		case 'unorderedCompletions':
			return 'files of a real disk are written by several threads, so it happens by itself';
		default:
			return undefined;
	}
}
