/** Draws what is so at the cursor. What does not move is drawn a few times a second at most, and only where it is new. */
import type {Picture} from '../../trace/parse-trace.js';
import type {TraceStep} from '../../trace/trace.js';
import {Charts, type TimeRange} from './charts.js';
import type {Cursor} from './cursor.js';
import {byId, elementOf, make, setAttribute, setText} from './dom.js';
import {Logs} from './logs.js';
import {Ring} from './ring.js';
import {stepText, timeText} from './step-text.js';
import {lastBefore, type Store} from './store.js';
import {Strip} from './strip.js';

/** A living cluster's charts show so much, ms. */
const windowMs = 60_000;
/** Ms between two drawings of charts, lists and words. */
const slowMs = 150;
const eventsShown = 60;
const stepsShown = 22;
/** A mark, such as a step of the demo, stays in sight for so long, ms. */
const markMs = 45_000;

const wantsNoMotion = matchMedia('(prefers-reduced-motion: reduce)');

export class View {
	readonly #store: Store;
	readonly #cursor: Cursor;
	readonly #isLive: boolean;
	readonly #ring: Ring;
	readonly #logs: Logs;
	readonly #charts: Charts;
	readonly #strip: Strip;
	#slowAt = 0;
	/** What is to be drawn in the next frames, a part in each: so that no frame is long. */
	#parts: (() => void)[] = [];
	#shown: {offset: number; count: number} = {offset: -1, count: -1};

	/** `chosen`: told of the node that is clicked. */
	constructor(store: Store, cursor: Cursor, isLive: boolean, chosen: (node: number) => void) {
		this.#store = store;
		this.#cursor = cursor;
		this.#isLive = isLive;
		const goTo = (at: number): void => cursor.goToTime(at);
		this.#ring = new Ring(byId('stage'), store.header.nodeCount, chosen);
		this.#logs = new Logs(byId('logs'), store.header.nodeCount);
		byId('throughput').replaceChildren();
		byId('latency').replaceChildren();
		this.#charts = new Charts(byId('throughput'), byId('latency'), goTo);
		this.#strip = new Strip(elementOf('strip', HTMLCanvasElement), () => this.#range(), goTo);
		setText(byId('title'), store.header.title);
		const isCounted = store.header.source === 'simulation';
		for (const element of document.querySelectorAll<HTMLElement>('.measured')) element.hidden = isCounted;
	}

	choose(node: number | undefined): void {
		this.#ring.choose(node);
	}

	/** The theme has changed. */
	restyle(): void {
		this.#ring.layOut();
		this.#logs.redraw();
		this.#charts.restyle();
		this.#slowAt = 0;
		this.#parts = [];
		this.#shown = {offset: -1, count: -1};
	}

	/** `now`: of the page's clock, ms. */
	draw(now: number): void {
		const {offset, at} = this.#cursor;
		const picture = this.#store.pictureAt(offset);
		this.#ring.draw(picture, this.#showsMessages() ? this.#store.flightsAt(at) : [], at);
		this.#parts.shift()?.();
		if (this.#parts.length > 0 || now - this.#slowAt < slowMs) return;
		const count = this.#store.steps.length;
		if (!this.#isLive && this.#shown.offset === offset && this.#shown.count === count) return;
		this.#slowAt = now;
		this.#shown = {offset, count};
		this.#parts = this.#slowParts(picture, offset, at);
		// Who goes through a trace sees all of a step at once.
		if (!this.#isLive) for (const part of this.#parts.splice(0)) part();
	}

	/** Whether messages may be drawn: without motion they are shown only where time stands still. */
	#showsMessages(): boolean {
		return !wantsNoMotion.matches || !(this.#cursor.isFollowing || this.#cursor.isPlaying);
	}

	#range(): TimeRange {
		const {startAt, endAt} = this.#store;
		if (!this.#isLive) return {from: startAt, to: Math.max(startAt + 1, endAt)};
		const to = this.#cursor.isFollowing
			? endAt
			: Math.min(endAt, Math.max(this.#cursor.at + windowMs / 2, startAt + windowMs));
		return {from: Math.max(0, to - windowMs), to: Math.max(to, 1000)};
	}

	#slowParts(picture: Picture, offset: number, at: number): (() => void)[] {
		const range = this.#range();
		return [
			() => this.#logs.draw(picture),
			() => this.#charts.draw(this.#store.measured, range, at),
			() => this.#strip.draw(this.#store, range, at),
			() => this.#drawLists(picture, offset, at),
			() => this.#drawTransport(offset, at),
		];
	}

	#drawLists(picture: Picture, offset: number, at: number): void {
		this.#drawHealth(picture, at);
		this.#drawFaults(picture);
		this.#drawEvents(at);
		if (!this.#isLive) this.#drawSteps(offset);
		this.#drawCaption(offset, at);
	}

	#drawTransport(offset: number, at: number): void {
		const slider = elementOf('slider', HTMLInputElement);
		setAttribute(slider, 'max', String(Math.max(0, this.#store.steps.length - 1)));
		if (slider.value !== String(offset)) slider.value = String(offset);
		const text = timeText(at, this.#store);
		setAttribute(slider, 'aria-valuetext', text);
		setText(byId('clock'), this.#isLive ? text : `${offset + 1} / ${this.#store.steps.length} · ${text}`);
		setAttribute(byId('play'), 'data-moves', String(this.#cursor.isPlaying || this.#cursor.isFollowing));
		setAttribute(byId('live'), 'aria-pressed', String(this.#cursor.isFollowing));
	}

	#drawHealth({nodes}: Picture, at: number): void {
		const up = nodes.filter(({life}) => life === 'up').length;
		const reign = this.#store.reigns[lastBefore(this.#store.reigns, at)];
		const health = byId('health');
		if (health.dataset['state'] === 'gone') return;
		const leader =
			reign?.node === undefined ? 'no leader' : `node ${reign.node} leads in term ${reign.term.toLocaleString('en')}`;
		setText(health, `${leader} · ${up} of ${nodes.length} nodes up`);
		setAttribute(health, 'data-state', reign?.node === undefined ? 'down' : 'serving');
	}

	#drawFaults({faults}: Picture): void {
		const list = byId('faults');
		if (list.dataset['faults'] === faults.join('\n') && list.childElementCount === faults.length) return;
		list.dataset['faults'] = faults.join('\n');
		list.replaceChildren(...faults.map(fault => make('li', {}, fault)));
	}

	#drawEvents(at: number): void {
		const list = byId('events');
		const {events} = this.#store;
		const last = lastBefore(events, at);
		const key = `${last} ${events[last]?.at}`;
		if (list.dataset['last'] === key) return;
		list.dataset['last'] = key;
		const shown = events.slice(Math.max(0, last + 1 - eventsShown), last + 1);
		list.replaceChildren(
			...shown.map(({step}) => {
				const [, text] = stepText(step, this.#store);
				const button = make('button', {type: 'button', tabindex: '-1'}, text);
				button.addEventListener('click', () => this.#cursor.goToTime(step.at));
				const time = make('time', {}, `${(step.at / 1000).toFixed(this.#isLive ? 1 : 3)} s`);
				return make('li', {'data-tone': toneOf(step)}, time, button);
			}),
		);
		list.scrollTop = list.scrollHeight;
	}

	#drawSteps(offset: number): void {
		const {steps} = this.#store;
		const first = Math.max(0, Math.min(offset - 10, steps.length - stepsShown));
		const rows = steps.slice(first, first + stepsShown).map((step, row) => {
			const [place, text] = stepText(step, this.#store);
			const spans = [timeText(step.at, this.#store), place, text].map(part => make('span', {title: part}, part));
			const current = first + row === offset ? {'aria-current': 'step'} : {};
			const item = make('li', {'data-tone': toneOf(step), ...current}, ...spans);
			item.addEventListener('click', () => this.#cursor.goToOffset(first + row));
			return item;
		});
		byId('steps').replaceChildren(...rows);
	}

	/** The newest mark that is still in sight; `last`: the event that happened last. */
	#markAt(last: number, at: number): TraceStep | undefined {
		for (let offset = last; offset >= 0; offset--) {
			const event = this.#store.events[offset];
			if (event === undefined || at - event.at >= markMs) return undefined;
			if (event.step.type === 'event' && event.step.kind === 'mark') return event.step;
		}
		return undefined;
	}

	#drawCaption(offset: number, at: number): void {
		const {events, steps} = this.#store;
		const last = lastBefore(events, at);
		const mark = this.#isLive ? this.#markAt(last, at) : undefined;
		const isMarked = mark !== undefined;
		const step = isMarked ? mark : this.#isLive ? events[last]?.step : steps[offset];
		const caption = byId('caption');
		const [place, text] = step === undefined ? ['', ''] : stepText(step, this.#store);
		const plain = isMarked ? text.replace('mark: ', '') : text;
		setText(caption, this.#isLive || place === '' ? plain : `${place}: ${plain}`);
		setAttribute(caption, 'data-kind', isMarked ? 'mark' : '');
	}
}

function toneOf(step: TraceStep): string {
	if (step.type === 'end') return step.violation === undefined ? 'news' : 'trouble';
	return step.type === 'event' ? step.tone : 'news';
}
