import type {Executor} from '../executor.js';
import type {DatabaseInfo} from './client-state.js';

/** INFO waits so long for them. */
const waitMs = 1000;

/** Of each database, from 0 on, or none where the service cannot tell now. */
export async function databaseCounts(client: Executor, databases: number): Promise<readonly DatabaseInfo[]> {
	const signal = AbortSignal.timeout(waitMs);
	const asked = Array.from({length: databases}, (_, database) => countOf(client, database, signal));
	return Promise.all(asked).catch(() => []);
}

async function countOf(client: Executor, database: number, signal: AbortSignal): Promise<DatabaseInfo> {
	const result = await client.execute({type: 'count', database, hasExpiring: true}, {signal});
	if (result.type !== 'count') return {keys: 0, expiring: 0, expireAfterMs: 0};
	const {count, expiringCount = 0, expireAfterMs = 0} = result;
	return {keys: count, expiring: expiringCount, expireAfterMs};
}
