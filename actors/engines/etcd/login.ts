/**
 * The token that etcd gives for a user and a password. It is asked for when it is needed first, and again when etcd no
 * longer takes it: etcd forgets it after five quiet minutes, at a restart, and when users are changed.
 */
import type {Milliseconds} from '../../../src/raft/types.js';
import type {CallFailure} from './call-failure.js';

export interface Credentials {
	readonly user: string;
	readonly password: string;
}

/** `token` of `undefined`: etcd has no users, so none is needed. */
export type LoginAnswer = {readonly type: 'in'; readonly token: string | undefined} | CallFailure;

export class Login {
	readonly #credentials: Credentials;
	/** The last answer; what failed is asked again. */
	#answer: LoginAnswer | undefined;
	/** Shared by all calls that wait for it: checking a password is made slow on purpose. */
	#underWay: Promise<LoginAnswer> | undefined;

	constructor(credentials: Credentials) {
		this.#credentials = credentials;
	}

	/** `ask` has to end within `timeoutMs`, and never to reject. */
	async token(
		ask: (credentials: Credentials, timeoutMs: Milliseconds) => Promise<LoginAnswer>,
		timeoutMs: Milliseconds,
	): Promise<LoginAnswer> {
		if (this.#answer?.type === 'in') return this.#answer;
		this.#underWay ??= ask(this.#credentials, timeoutMs);
		const answer = await this.#underWay;
		this.#underWay = undefined;
		this.#answer = answer;
		return answer;
	}

	/** etcd does not take this token any more. */
	forget(token: string | undefined): void {
		if (this.#answer?.type === 'in' && this.#answer.token === token) this.#answer = undefined;
	}
}
