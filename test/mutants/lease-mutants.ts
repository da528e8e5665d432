/** Mistakes with leases. */
import {plant, type Mutant} from './mutant.js';

export const leaseMutants: readonly Mutant[] = [
	plant(
		'keep-alive-answered-not-done',
		'who keeps a lease alive is told that it has all of its time again, and the entry does nothing',
		'etcd-io/etcd#15247 (a deposed leader answers keep-alives that no other node knows of)',
		'kv/lease-operations',
		'const expiresAt = leases.keepAlive(leaseId, now);',
		'const expiresAt = leases.get(leaseId) && now + leases.get(leaseId).ttlMs;',
	),
	plant(
		'lease-not-in-snapshot',
		'a snapshot has the keys of a lease as keys that never end',
		'etcd-io/etcd#12651 (a member that has restarted lacks leases and their keys)',
		'kv/state-machine',
		'frame.push(key, value, -version, -leaseId);',
		'frame.push(key, value, version);',
	),
	plant(
		'lease-renewed-by-snapshot',
		'a replica that begins with a snapshot gives each lease all of its time again, so keys that are gone elsewhere are there',
		'etcd-io/etcd#2660 (each new leader refreshes the time of all leases)',
		'kv/leases',
		'([id, { ttlMs, expiresAt }]) => [id, ttlMs, expiresAt]',
		'([id, { ttlMs, expiresAt }]) => [id, ttlMs, expiresAt === 0 ? 0 : expiresAt + ttlMs]',
	),
	plant(
		'lease-takes-others-keys',
		'a key that was put again without its lease is deleted with it all the same',
		'etcd-io/etcd#6102 (a key that has been detached from its lease, which is revoked)',
		'kv/shard',
		'if (until < 0)\n            this.#leases.detach(-until, key);',
		'if (until > 0)\n            this.#leases.detach(-until, key);',
	),
];
