/** Who may use the port: whether a client has given the password, in the order of its requests. */
import {createHash, timingSafeEqual} from 'node:crypto';

/** The one user, as in a Redis without users of its own. */
export const defaultUser = Buffer.from('default');

export const wrongPassword = 'WRONGPASS invalid username-password pair or user is disabled.';
export const passwordNeeded = 'NOAUTH Authentication required.';

const digestOf = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest();

/** What clients must give by AUTH. Only its hash is kept, so no dump of an object shows it. */
export class Password {
	readonly #digest: Buffer;

	constructor(password: string) {
		this.#digest = digestOf(Buffer.from(password));
	}

	/** How long it takes tells nothing of the password: the hashes have one length, and are compared to their end. */
	isEqualTo(given: Uint8Array): boolean {
		return timingSafeEqual(digestOf(given), this.#digest);
	}
}

/** Of one connection. */
export class Access {
	readonly #password: Password | undefined;
	/** Every command may be used. Until then only those that Redis marks `no_auth`. */
	isGranted: boolean;

	constructor(password: Password | undefined) {
		this.#password = password;
		this.isGranted = password === undefined;
	}

	get needsPassword(): boolean {
		return this.#password !== undefined;
	}

	/** Whether the user and the password are right; then access is granted. A wrong one takes nothing back. */
	authenticate(user: Uint8Array, password: Uint8Array): boolean {
		const isRight = this.#password?.isEqualTo(password) ?? true;
		if (!isRight || !defaultUser.equals(user)) return false;
		this.isGranted = true;
		return true;
	}

	/** As after RESET, and on a new connection. */
	reset(): void {
		this.isGranted = !this.needsPassword;
	}
}
