/** Why a call to etcd has no answer, out of the text of its error: the client library keeps no status code. */
import type {LastReply} from '../../../src/kv/errors.js';

export type CallFailure =
	/** Another attempt may succeed. `mayHaveRun`: this one may have taken effect, or may yet. */
	| {readonly type: 'lost'; readonly mayHaveRun: boolean; readonly lastReply: LastReply; readonly reason: string}
	/** The request is over etcd's limit; it had no effect. */
	| {readonly type: 'tooLarge'; readonly reason: string}
	/** etcd said no, and would again; it had no effect. */
	| {readonly type: 'refused'; readonly reason: string};

const tooLarge = /request is too large|received message larger than max|too many operations/;
const refused =
	/^(?:3 INVALID_ARGUMENT|7 PERMISSION_DENIED|9 FAILED_PRECONDITION|11 OUT_OF_RANGE|12 UNIMPLEMENTED|16 UNAUTHENTICATED)|space exceeded|^etcdserver: (?:permission denied|user name)/;
/** It never left, or was turned away at the door. */
const notRun =
	/No connection established|Name resolution failed|Channel closed before call|too many requests|client was already closed/;

export function failureOf(error: unknown): CallFailure {
	const text = error instanceof Error ? error.message : String(error);
	const reason = text.replaceAll(/\s+/g, ' ').replace(/\.? Resolution note: *$/, '');
	if (tooLarge.test(reason)) return {type: 'tooLarge', reason};
	if (refused.test(reason)) return {type: 'refused', reason};
	if (notRun.test(reason)) {
		const lastReply = reason.includes('too many requests') ? 'overloaded' : 'lost';
		return {type: 'lost', mayHaveRun: false, lastReply, reason};
	}
	// Whatever we do not know counts as something that may have happened.
	const lastReply = /DEADLINE_EXCEEDED|timed out/i.test(reason) ? 'timeout' : 'lost';
	return {type: 'lost', mayHaveRun: true, lastReply, reason};
}
