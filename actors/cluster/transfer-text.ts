/** Transfers of the leadership in words; the page in the browser says them, too. */
import type {TransferFailure} from '../../src/raft/transfer-outcome.js';

const failures: Readonly<Record<TransferFailure, string>> = {
	behind: 'it did not get all of the log within an election timeout',
	noElection: 'it began no election within an election timeout',
	otherLeader: 'another node has won the election',
	noLeader: 'nobody has won the election within an election timeout',
};

/** Why a transfer was given up, as the end of a sentence. */
export const describeTransferFailure = (reason: TransferFailure): string => failures[reason];
