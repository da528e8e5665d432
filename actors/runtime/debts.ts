import type {AskHandle} from './endpoint.js';

interface Debt {
	readonly ask: AskHandle;
	/** The callee has been given the message; before that, it waits in the mailbox. */
	isDelivered: boolean;
}

/** The callee's side: asks that actors of this system have been sent and not answered, to be failed if they cannot be. */
export class Debts {
	readonly #byCallee = new Map<object, Map<string, Debt>>();
	readonly #callees = new Map<string, object>();

	add(callee: object, ask: AskHandle): void {
		let debts = this.#byCallee.get(callee);
		if (debts === undefined) this.#byCallee.set(callee, (debts = new Map()));
		debts.set(ask.replyTo, {ask, isDelivered: false});
		this.#callees.set(ask.replyTo, callee);
	}

	markDelivered({replyTo}: AskHandle): void {
		const debt = this.#debtsOf(replyTo)?.get(replyTo);
		if (debt !== undefined) debt.isDelivered = true;
	}

	count(callee: object): number {
		return this.#byCallee.get(callee)?.size ?? 0;
	}

	/** Answered, or given up by the asker. */
	settle(replyTo: string): void {
		this.#debtsOf(replyTo)?.delete(replyTo);
		this.#callees.delete(replyTo);
	}

	/** The incarnation that held these asks is gone; those that still wait in the mailbox are the next one's. */
	failDelivered(callee: object, cause: Error): void {
		for (const {ask, isDelivered} of this.#list(callee)) if (isDelivered) this.#fail(ask, cause);
	}

	failAll(callee: object, cause: Error): void {
		for (const {ask} of this.#list(callee)) this.#fail(ask, cause);
		this.#byCallee.delete(callee);
	}

	/** Forgets the asks of a link that is gone: nobody waits for them. */
	forgetLink(link: object): void {
		for (const callee of this.#byCallee.keys()) {
			for (const {ask} of this.#list(callee)) if (ask.link === link) this.settle(ask.replyTo);
		}
	}

	#fail(ask: AskHandle, cause: Error): void {
		this.settle(ask.replyTo);
		ask.fail(cause);
	}

	#debtsOf(replyTo: string): Map<string, Debt> | undefined {
		const callee = this.#callees.get(replyTo);
		return callee === undefined ? undefined : this.#byCallee.get(callee);
	}

	/** A copy, because settling changes the map. */
	#list(callee: object): readonly Debt[] {
		return [...(this.#byCallee.get(callee)?.values() ?? [])];
	}
}
