/** The timeline: the leader, the faults and the events, on the time axis of the charts. */
import {axisWidth, type TimeRange} from './charts.js';
import {colourOf, fitCanvas} from './dom.js';
import {lastBefore, type Store} from './store.js';

const laneHeight = 18;
const lanes = {leader: 4, faults: 28, events: 52} as const;
/** Pixels between two dots that can be told apart. */
const dotGap = 3;

export class Strip {
	readonly #canvas: HTMLCanvasElement;

	/** `goTo`: told of the time that is clicked. */
	constructor(canvas: HTMLCanvasElement, range: () => TimeRange, goTo: (at: number) => void) {
		this.#canvas = canvas;
		canvas.addEventListener('click', event => {
			const {from, to} = range();
			const part = (event.offsetX - axisWidth) / Math.max(1, canvas.clientWidth - axisWidth);
			if (part >= 0) goTo(from + part * (to - from));
		});
	}

	draw(store: Store, {from, to}: TimeRange, now: number): void {
		const {context, width, height} = fitCanvas(this.#canvas);
		context.clearRect(0, 0, width, height);
		const place = (at: number): number => axisWidth + ((at - from) / Math.max(1, to - from)) * (width - axisWidth);
		context.font = '11px system-ui, sans-serif';
		context.textBaseline = 'middle';
		context.fillStyle = colourOf('muted');
		context.fillText('leader', 0, lanes.leader + laneHeight / 2);
		context.fillText('faults', 0, lanes.faults + laneHeight / 2);
		context.fillText('events', 0, lanes.events + laneHeight / 2);
		context.save();
		context.beginPath();
		context.rect(axisWidth, 0, width - axisWidth, height);
		context.clip();
		drawReigns(context, store, place, to);
		drawFaults(context, store, place, from, to);
		drawEvents(context, store, place, from, to);
		context.fillStyle = colourOf('ink');
		context.globalAlpha = 0.5;
		context.fillRect(place(now), 0, 1, height);
		context.restore();
	}
}

type Place = (at: number) => number;

function drawReigns(context: CanvasRenderingContext2D, {reigns, endAt}: Store, place: Place, to: number): void {
	for (const [offset, {at, node, term}] of reigns.entries()) {
		const start = place(at);
		const end = place(Math.min(to, reigns[offset + 1]?.at ?? endAt));
		if (node === undefined || end < axisWidth) continue;
		context.fillStyle = colourOf(`term-${term % 6}`);
		context.beginPath();
		context.roundRect(start, lanes.leader, Math.max(1.5, end - start - 1), laneHeight, 3);
		context.fill();
		const text = `node ${node}, term ${term}`;
		const left = Math.max(start, axisWidth) + 6;
		if (context.measureText(text).width > end - left - 4) continue;
		context.fillStyle = colourOf('on-term');
		context.fillText(text, left, lanes.leader + laneHeight / 2 + 0.5);
	}
}

function drawFaults(context: CanvasRenderingContext2D, store: Store, place: Place, from: number, to: number): void {
	context.fillStyle = colourOf('cut');
	const first = Math.max(0, store.offsetAt(from));
	const last = store.offsetAt(to);
	let begun: number | undefined;
	const bar = (end: number): void => {
		if (begun === undefined) return;
		context.globalAlpha = 0.7;
		context.beginPath();
		context.roundRect(place(begun), lanes.faults, Math.max(2, place(end) - place(begun)), laneHeight, 3);
		context.fill();
		context.globalAlpha = 1;
		begun = undefined;
	};
	let faults: readonly string[] = [];
	for (let offset = first; offset <= last; offset++) {
		const picture = store.pictureAt(offset);
		const isBroken = picture.faults.length > 0 || picture.nodes.some(({life}) => life !== 'up' && life !== 'starting');
		if (picture.faults === faults && isBroken === (begun !== undefined)) continue;
		({faults} = picture);
		const {at} = store.steps[offset] ?? {at: 0};
		if (isBroken) begun ??= at;
		else bar(at);
	}
	bar(Math.min(to, store.endAt));
}

function drawEvents(context: CanvasRenderingContext2D, store: Store, place: Place, from: number, to: number): void {
	let lastX = -Infinity;
	for (let offset = Math.max(0, lastBefore(store.events, from)); offset < store.events.length; offset++) {
		const {step, at} = store.events[offset] as (typeof store.events)[number];
		if (at > to) break;
		const x = place(at);
		const isEnd = step.type === 'end' && step.violation !== undefined;
		if (x - lastX < dotGap && !isEnd) continue;
		lastX = x;
		const tone = step.type === 'event' ? step.tone : 'news';
		context.fillStyle = colourOf(isEnd || tone === 'trouble' ? 'trouble' : tone === 'fault' ? 'cut' : 'append');
		context.beginPath();
		context.arc(x, lanes.events + laneHeight / 2, isEnd ? 6 : 3.5, 0, 2 * Math.PI);
		context.fill();
	}
}
