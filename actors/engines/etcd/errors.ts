/** What can go wrong with etcd and with no cluster of ours; everything else is told as by the `Clerk`. */
import {ThreadraftError} from '../../../src/base/errors.js';
import {type FailedOutcome, OperationError} from '../../../src/service/errors.js';

/** No member answered while connecting. */
export class EngineUnreachableError extends ThreadraftError {
	override readonly name = 'EngineUnreachableError';
	readonly code = 'ERR_ENGINE_UNREACHABLE';
	readonly addresses: readonly string[];

	constructor(addresses: readonly string[], timeoutMs: number, lastFailure: string) {
		super(
			`etcd at ${addresses.join(', ')} did not answer within ${timeoutMs} ms (${lastFailure}): check the addresses, and that a majority of its members is up`,
		);
		this.addresses = addresses;
	}
}

/** There is no way in: a certificate that is not trusted, a user or a password that etcd does not know or let in. */
export class EngineAccessError extends ThreadraftError {
	override readonly name = 'EngineAccessError';
	readonly code = 'ERR_ENGINE_ACCESS';
	/** Without what helps. */
	readonly reason: string;

	constructor(reason: string, remedy: string, options?: ErrorOptions) {
		super(`${reason}: ${remedy}`, options);
		this.reason = reason;
	}
}

/** etcd itself said no, and would again: it is full, or the user may not. */
export class EngineRefusedError extends OperationError {
	override readonly name = 'EngineRefusedError';
	readonly code = 'ERR_ENGINE_REFUSED';
	/** etcd's words. */
	readonly reason: string;

	constructor(reason: string, remedy: string, outcome: FailedOutcome) {
		super(`etcd refused the operation (${reason}): ${remedy}.`, outcome);
		this.reason = reason;
	}
}

/** The store that answers is not the one that this client has worked with: that one is gone, or older than it was. */
export class EngineReplacedError extends OperationError {
	override readonly name = 'EngineReplacedError';
	readonly code = 'ERR_ENGINE_REPLACED';
	readonly reason: string;

	constructor(reason: string, outcome: FailedOutcome) {
		super(
			`etcd is not the cluster that this client has worked with, or has lost data (${reason}): restore it, or connect a new client to go on with what there is.`,
			outcome,
		);
		this.reason = reason;
	}
}

/** A batch that touches more keys than a transaction of etcd may. */
export class BatchTooLargeError extends OperationError {
	override readonly name = 'BatchTooLargeError';
	readonly code = 'ERR_BATCH_TOO_LARGE';
	readonly keyCount: number;

	constructor(keyCount: number, keysMax: number) {
		super(`The batch has ${keyCount} keys, and a transaction of etcd takes ${keysMax}: split it.`, 'notExecuted');
		this.keyCount = keyCount;
	}
}

/** What our own cluster does and this engine does not. */
export class UnsupportedOperationError extends OperationError {
	override readonly name = 'UnsupportedOperationError';
	readonly code = 'ERR_UNSUPPORTED_OPERATION';

	constructor(what: Unsupported) {
		super(unsupportedWords[what], 'notExecuted');
	}
}

/** What is not carried out with etcd: an operation, or a part of one. */
export type Unsupported = 'clear' | 'database' | 'expiresAt' | 'ttl' | 'order' | 'scan' | 'watch' | 'script';

const unsupportedWords: Readonly<Record<Unsupported, string>> = {
	clear: 'With etcd, "clear" cannot be part of a batch: send it alone.',
	database: 'With etcd, there is database 0 only: use that, or a cluster of our own.',
	expiresAt:
		"With etcd, a key has no deadline by the clock, since nobody knows etcd's: give it a time to live (ttlMs).",
	ttl: 'With etcd, a time to live has from 1000 ms to 9000000000000 ms: give a longer or a shorter one, or use a cluster of our own.',
	order:
		'With etcd, a deadline is not compared with another one: set it in any case, or only where there is none or one, or use a cluster of our own.',
	scan: 'With etcd, keys have no positions, and are not counted (the operations "scan" and "count"): use range(), or a cluster of our own.',
	watch: 'With etcd, changes are told as they come, and not asked for (the operation "changes"): use watch().',
	script: 'With etcd, there are no scripts: use a transaction, or a cluster of our own.',
};
