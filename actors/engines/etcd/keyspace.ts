/**
 * Where things are in etcd:
 *
 *     PREFIX/keys/KEY          the user's bytes; their mod_revision is the key's version
 *     PREFIX/sessions/ID       what a session's last transaction did (see session-record.ts), as long as its lease lives
 */
import type {Key} from '../../../src/kv/types.js';

export class Keyspace {
	readonly prefix: string;
	readonly #keys: string;
	readonly #sessions: string;

	constructor(prefix: string) {
		this.prefix = prefix;
		const bytes = Buffer.from(prefix).toString('latin1');
		this.#keys = `${bytes}/keys/`;
		this.#sessions = `${bytes}/sessions/`;
	}

	/** Bytes that stand before a user's key. */
	get overheadBytes(): number {
		return this.#keys.length;
	}

	/** All of the user's keys. */
	get range(): {readonly key: Buffer; readonly rangeEnd: Buffer} {
		const key = Buffer.from(this.#keys, 'latin1');
		// The first key behind them: etcd's way to write a prefix.
		return {key, rangeEnd: Buffer.from(`${this.#keys.slice(0, -1)}0`, 'latin1')};
	}

	keyOf(key: Key): Buffer {
		return Buffer.from(this.#keys + key, 'latin1');
	}

	sessionKey(id: number): Buffer {
		return Buffer.from(`${this.#sessions}${id}`, 'latin1');
	}
}
