/** Why a call to etcd has no answer, and what a person can do about it. */
import type {LastReply} from '../../../src/service/errors.js';
import type {Status} from './rpc/frames.js';
import {closedEarly, type Exchange} from './rpc/link.js';

export type CallFailure =
	/** Another attempt may succeed. `mayHaveRun`: this one may have taken effect, or may yet. */
	| {
			readonly type: 'lost';
			readonly mayHaveRun: boolean;
			readonly lastReply: LastReply;
			readonly reason: string;
			/** What only a person can put right, though it may pass: certificates. */
			readonly remedy: string | undefined;
	  }
	/** The request is over etcd's limit, or its answer would be over ours; it had no effect. */
	| {readonly type: 'tooLarge'; readonly reason: string}
	/** etcd said no, and would again; it had no effect. `isOfAll`: to every operation, not to one of these. */
	| {readonly type: 'refused'; readonly reason: string; readonly remedy: string; readonly isOfAll: boolean}
	/** There is no such lease, or it is over; nothing was done. */
	| {readonly type: 'leaseGone'; readonly reason: string}
	/** What answers is another cluster than the one we knew, or has lost what it held. */
	| {readonly type: 'replaced'; readonly mayHaveRun: boolean; readonly reason: string};

/** Numbers of gRPC. */
const code = {
	invalidArgument: 3,
	notFound: 5,
	permissionDenied: 7,
	resourceExhausted: 8,
	failedPrecondition: 9,
	outOfRange: 11,
	unimplemented: 12,
	unauthenticated: 16,
} as const;

const finalCodes: ReadonlySet<number> = new Set([
	code.invalidArgument,
	code.permissionDenied,
	code.failedPrecondition,
	code.outOfRange,
	code.unimplemented,
	code.unauthenticated,
]);

const leaseGone = /requested lease not found/;

const tooLarge = /request is too large|message larger than max|too many operations/;

/** What etcd says of credentials and room, and what helps. `isOfAll` as in {@link CallFailure}. */
const refusals = [
	{
		words: /user name is empty/,
		remedy: 'etcd wants a user: write it before the addresses (USER@HOST:PORT,...) and give its password',
		isOfAll: true,
	},
	{
		words: /authentication failed/,
		remedy: 'etcd does not know this user with this password: check both (etcdctl user list)',
		isOfAll: true,
	},
	{
		words: /permission denied/,
		remedy:
			"the user may not do this: grant its role reading and writing of all keys under the engine's prefix (etcdctl role grant-permission ROLE readwrite --prefix PREFIX/)",
		isOfAll: false,
	},
	{
		words: /space exceeded/,
		remedy: 'etcd is full: compact and defragment it, then take the alarm away (etcdctl alarm list)',
		isOfAll: true,
	},
] as const;
const refusalByDefault = {remedy: 'put that right there (etcdctl endpoint status, alarm list)', isOfAll: false};

/** The token ran out, or the users were changed since it was given: a new one will do. */
export const isStaleToken = ({message}: Status): boolean =>
	/invalid auth token|revision (?:in header|of auth store) is old/.test(message);

/** Asked for a token, an etcd without users says so; then none is needed. */
export const isWithoutUsers = ({message}: Status): boolean => /authentication is not enabled/.test(message);

/** Of a call that etcd answered with anything but 0. */
export function failureOfStatus({code: given, message}: Status): CallFailure {
	const reason = message === '' ? `gRPC status ${given}` : message;
	if (tooLarge.test(message)) return {type: 'tooLarge', reason};
	if (given === code.notFound && leaseGone.test(message)) return {type: 'leaseGone', reason};
	const refusal = refusals.find(({words}) => words.test(message));
	if (refusal !== undefined || finalCodes.has(given)) {
		const {remedy, isOfAll} = refusal ?? refusalByDefault;
		return {type: 'refused', reason, remedy, isOfAll};
	}
	// Turned away at the door.
	if (message.includes('too many requests')) return lost(false, 'overloaded', reason);
	if (/etcdserver: no leader/.test(message)) return lost(false, 'notLeader', reason);
	// Whatever we do not know counts as something that may have happened.
	return lost(true, message.includes('timed out') ? 'timeout' : 'lost', reason);
}

/** Of a call that has no answer. */
export function failureOfExchange(exchange: Extract<Exchange, {type: 'failed'}>): CallFailure {
	const {cause, hasLeft, reason, errorCode} = exchange;
	if (cause === 'replyTooLarge') return {type: 'tooLarge', reason};
	const remedy = cause === 'notEtcd' ? 'something else than etcd answers there: check the addresses' : undefined;
	return lost(hasLeft, cause === 'timeout' ? 'timeout' : 'lost', reason, remedy ?? remedyOf(errorCode));
}

/** Node's codes of what goes wrong with certificates; they come from OpenSSL. */
const certificateRemedies = [
	{
		codes:
			/^(?:SELF_SIGNED_CERT_IN_CHAIN|DEPTH_ZERO_SELF_SIGNED_CERT|UNABLE_TO_|CERT_SIGNATURE_FAILURE|CERT_UNTRUSTED)/,
		remedy:
			"etcd's certificate is not from a certificate authority that is trusted here: give the right one (--engine-ca FILE, tls.ca)",
	},
	{
		codes: /^(?:CERT_HAS_EXPIRED|CERT_NOT_YET_VALID)/,
		remedy: "etcd's certificate is not valid today: renew it, and check the clocks of both machines",
	},
	{
		codes: /^ERR_TLS_CERT_ALTNAME_INVALID/,
		remedy: "etcd's certificate is for other hosts: use an address that it names, or make one that names this address",
	},
	{
		codes: /^ERR_SSL_.*ALERT/,
		remedy:
			'etcd refused our side of TLS: give the client certificate that it wants (--engine-cert FILE and --engine-key FILE, tls.cert and tls.key)',
	},
	{
		codes: /^(?:ERR_SSL_|EPROTO)/,
		remedy: 'no TLS is spoken there: write etcd:// instead of etcds://, or set etcd up with certificates',
	},
	{
		codes: new RegExp(`^(?:ERR_HTTP2_ERROR|${closedEarly})$`),
		remedy:
			'it does not speak as etcd does without TLS: write etcds:// if etcd has certificates, and check the addresses',
	},
] as const;

const remedyOf = (errorCode: string | undefined): string | undefined =>
	errorCode === undefined ? undefined : certificateRemedies.find(({codes}) => codes.test(errorCode))?.remedy;

const lost = (mayHaveRun: boolean, lastReply: LastReply, reason: string, remedy?: string): CallFailure => ({
	type: 'lost',
	mayHaveRun,
	lastReply,
	reason,
	remedy,
});
