import {bytes, milliseconds, optionsOf, wholeNumber} from './check-options.js';

/** What `RaftLimits` allows; see there for what each means. */
export const raftLimitsSchema = optionsOf({
	heartbeatMs: milliseconds(),
	electionTimeoutMs: milliseconds(),
	commitNoticeMs: milliseconds(0),
	diskStallMs: milliseconds(),
	entryBytesMax: bytes(),
	appendBytesMax: bytes(),
	inflightBytesMax: bytes(),
	inflightMessagesMax: wholeNumber(1),
	youngEntries: wholeNumber(1),
	unappliedBytesMax: bytes(),
	snapshotChunkBytes: bytes(),
});
