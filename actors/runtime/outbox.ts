import type {MessagePort, TransferListItem} from 'node:worker_threads';
import type {Transfer} from './actor.js';
import type {Frame} from './link-protocol.js';
import {unpooled} from './unpooled.js';

interface Outgoing {
	readonly frame: Frame;
	readonly transfer: Transfer;
}

/** A receiver decodes a port message at one go, so a message may not be so long that its timers wait for it. */
const framesPerPost = 256;

/** Gathers what goes to one port in a turn: a post costs the same for one frame or for many. */
export class Outbox {
	readonly #port: MessagePort;
	readonly #onUncloneable: (frame: Frame, error: unknown) => void;
	#outgoing: Outgoing[] = [];

	constructor(port: MessagePort, onUncloneable: (frame: Frame, error: unknown) => void) {
		this.#port = port;
		this.#onUncloneable = onUncloneable;
	}

	push(frame: Frame, transfer: Transfer): void {
		this.#outgoing.push({frame, transfer});
	}

	flush(): void {
		const outgoing = this.takeAll();
		for (let from = 0; from < outgoing.length; from += framesPerPost) {
			this.#postTogether(outgoing.slice(from, from + framesPerPost));
		}
	}

	takeAll(): readonly Outgoing[] {
		const outgoing = this.#outgoing;
		this.#outgoing = [];
		return outgoing;
	}

	/** A clone error transfers and sends nothing, so the frames can be tried again, and only the bad ones are lost. */
	#postTogether(batch: readonly Outgoing[]): void {
		try {
			this.#post(batch);
		} catch {
			for (const outgoing of batch) this.#postAlone(outgoing);
		}
	}

	#postAlone(outgoing: Outgoing): void {
		try {
			this.#post([outgoing]);
		} catch (error) {
			this.#onUncloneable(outgoing.frame, error);
		}
	}

	#post(batch: readonly Outgoing[]): void {
		const frames = batch.map(({frame, transfer}) => unpooled(frame, transfer));
		const transfer: readonly TransferListItem[] = batch.flatMap(outgoing => outgoing.transfer);
		this.#port.postMessage(frames, transfer);
	}
}
