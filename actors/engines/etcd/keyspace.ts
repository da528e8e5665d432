/**
 * Where things are in etcd:
 *
 *     PREFIX/keys/KEY          the user's bytes; their mod_revision is the key's version
 *     PREFIX/leases/ID         nothing; it is there as long as the lease, so a read of it tells whether the lease is over
 *     PREFIX/sessions/ID       what a session's last transaction did (see session-record.ts), as long as its lease lives
 */
import type {Key, LeaseId} from '../../../src/kv/types.js';

/** No byte, so that no user's key begins with it. */
const leaseSign = '\u0100';

/** What a lease's own key is called among the user's keys: it is read and compared as they are. */
export const nameOfLease = (id: LeaseId): Key => `${leaseSign}${id}`;

export const isNameOfLease = (key: Key): boolean => key.startsWith(leaseSign);

export class Keyspace {
	readonly prefix: string;
	readonly #keys: string;
	readonly #leases: string;
	readonly #sessions: string;

	constructor(prefix: string) {
		this.prefix = prefix;
		const bytes = Buffer.from(prefix).toString('latin1');
		this.#keys = `${bytes}/keys/`;
		this.#leases = `${bytes}/leases/`;
		this.#sessions = `${bytes}/sessions/`;
	}

	/** Bytes that stand before a user's key. */
	get overheadBytes(): number {
		return this.#keys.length;
	}

	/** All of the user's keys. */
	get range(): {readonly key: Buffer; readonly rangeEnd: Buffer} {
		return this.rangeOf('');
	}

	/** Of the user's keys that begin with this. */
	rangeOf(prefix: Key): {readonly key: Buffer; readonly rangeEnd: Buffer} {
		const key = Buffer.from(this.#keys + prefix, 'latin1');
		// What stands before the user's keys has no 0xFF at its end.
		let length = key.length;
		while (key[length - 1] === 0xff) length -= 1;
		const rangeEnd = Buffer.from(key.subarray(0, length));
		rangeEnd[length - 1] = (rangeEnd[length - 1] ?? 0) + 1;
		return {key, rangeEnd};
	}

	/** Of a user's key, or of a `nameOfLease`. */
	keyOf(key: Key): Buffer {
		if (isNameOfLease(key)) return Buffer.from(this.#leases + key.slice(1), 'latin1');
		return Buffer.from(this.#keys + key, 'latin1');
	}

	/** The user's key; `undefined`: these bytes are none. */
	userKeyOf(bytes: Uint8Array): Key | undefined {
		const key = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
		return key.startsWith(this.#keys) ? key.slice(this.#keys.length) : undefined;
	}

	sessionKey(id: number): Buffer {
		return Buffer.from(`${this.#sessions}${id}`, 'latin1');
	}
}
