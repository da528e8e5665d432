/**
 * A lock: at most one holder, which loses it when it dies or cannot be reached. Its token grows from holder to holder. What the lock
 * protects takes a write only with the newest token (`guarded`), so a holder that does not know yet that it lost the lock does no harm.
 */
import {setTimeout as sleep} from 'node:timers/promises';
import type {KeyValueClient, TransactionStep} from 'threadraft';

export interface HeldLock {
	readonly token: number;
	/** Aborted when the lock may be lost. */
	readonly lost: AbortSignal;
	readonly release: () => Promise<void>;
}

const retryMs = 20;

/** Waits until the lock is free. `ttlMs`: after so long a holder that died has lost it. */
export async function lock(clerk: KeyValueClient, name: string, ttlMs = 10_000): Promise<HeldLock> {
	const lease = await clerk.grantLease(ttlMs);
	const keeper = lease.keep();
	for (;;) {
		keeper.signal.throwIfAborted();
		const {isCommitted, revision, results} = await clerk.transaction({
			if: [{key: name, is: 'absent'}],
			do: [{type: 'put', key: name, value: `held with lease ${lease.id}`, leaseId: lease.id}],
		});
		if (isCommitted && results[0].type === 'written') {
			const release = async (): Promise<void> => (keeper.close(), void (await lease.revoke()));
			return {token: revision, lost: keeper.signal, release};
		}
		await sleep(retryMs);
	}
}

/** Carries the steps out if the lock is still held with this token. */
export async function guarded(
	clerk: KeyValueClient,
	name: string,
	token: number,
	steps: readonly TransactionStep[],
): Promise<boolean> {
	return (await clerk.transaction({if: [{key: name, is: {version: token}}], do: steps})).isCommitted;
}
