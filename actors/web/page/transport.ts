/** Buttons, slider and keys that move the cursor. */
import type {Cursor} from './cursor.js';
import {byId, elementOf} from './dom.js';
import {lastBefore, type Store} from './store.js';

const arrows: Readonly<Record<string, -1 | 1>> = {ArrowLeft: -1, ArrowRight: 1};

export class Transport {
	#store: Store | undefined;
	#cursor: Cursor | undefined;

	constructor() {
		const click = (id: string, action: () => void): void => byId(id).addEventListener('click', action);
		click('back', () => this.#step(-1));
		click('forward', () => this.#step(1));
		click('previous-event', () => this.#event(-1));
		click('next-event', () => this.#event(1));
		click('play', () => this.#play());
		click('live', () => this.#cursor?.follow());
		const slider = elementOf('slider', HTMLInputElement);
		slider.addEventListener('input', () => this.#cursor?.goToOffset(Number(slider.value)));
		const speed = elementOf('speed', HTMLSelectElement);
		speed.addEventListener('change', () => this.#setSpeed());
		document.addEventListener('keydown', event => this.#key(event));
	}

	/** What the controls move from now on. */
	attach(store: Store, cursor: Cursor, isLive: boolean): void {
		this.#store = store;
		this.#cursor = cursor;
		if (!isLive) this.#setSpeed();
	}

	#setSpeed(): void {
		if (this.#cursor !== undefined) this.#cursor.speed = Number(elementOf('speed', HTMLSelectElement).value);
	}

	#play(): void {
		const cursor = this.#cursor;
		if (cursor === undefined || this.#store === undefined) return;
		if (cursor.isFollowing) return cursor.goToOffset(cursor.offset);
		const isAtEnd = cursor.offset >= this.#store.steps.length - 1;
		if (!cursor.isPlaying && isAtEnd) cursor.goToOffset(0);
		cursor.isPlaying = !cursor.isPlaying;
	}

	#step(by: -1 | 1): void {
		if (this.#cursor === undefined) return;
		this.#cursor.isPlaying = false;
		this.#cursor.goToOffset(this.#cursor.offset + by);
	}

	#event(by: -1 | 1): void {
		const [store, cursor] = [this.#store, this.#cursor];
		if (store === undefined || cursor === undefined) return;
		const here = store.steps[cursor.offset];
		const at = here?.at ?? 0;
		const isHere = store.events.some(({step}) => step === here);
		const last = lastBefore(store.events, at);
		const event = by === 1 ? store.events[last + 1] : store.events[isHere ? last - 1 : last];
		if (event === undefined) return;
		cursor.isPlaying = false;
		cursor.goToOffset(store.steps.indexOf(event.step));
	}

	#key(event: KeyboardEvent): void {
		const element = event.target as HTMLElement;
		if (element.closest('input, select, [role=log], [role=tablist]') !== null) return;
		const by = arrows[event.key];
		if (by !== undefined) {
			if (event.shiftKey) this.#event(by);
			else this.#step(by);
		} else if (event.key === ' ' && element.closest('button, label') === null) this.#play();
		else return;
		event.preventDefault();
	}
}
