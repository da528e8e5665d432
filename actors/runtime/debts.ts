import type {Ask} from './ask.js';

/** Asks that one actor was sent and has not answered, to be failed if it cannot answer them any more. */
export class Debts {
	/** Their messages wait in the mailbox. */
	readonly #waiting = new Set<Ask>();
	/** The actor has been given their messages. */
	readonly #inHand = new Set<Ask>();

	add(ask: Ask): void {
		this.#waiting.add(ask);
		ask.whenSettled(() => {
			this.#waiting.delete(ask);
			this.#inHand.delete(ask);
		});
	}

	/** An ask that was settled meanwhile is owed no more. */
	handOver(ask: Ask): void {
		if (this.#waiting.delete(ask)) this.#inHand.add(ask);
	}

	/** The incarnation that held these asks is gone; those that still wait in the mailbox are the next one's. */
	failInHand(cause: Error): void {
		for (const ask of this.#inHand) ask.fail(cause);
	}

	failAll(cause: Error): void {
		this.failInHand(cause);
		for (const ask of this.#waiting) ask.fail(cause);
	}
}
