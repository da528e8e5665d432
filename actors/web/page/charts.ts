/** Throughput and latency over time. */
import uPlot from 'uplot';
import {colourOf, setAttribute} from './dom.js';
import {lastBefore, type Measured} from './store.js';

/** CSS pixels left of the plots: the strip below has the same. */
export const axisWidth = 52;
const height = 136;

export interface TimeRange {
	readonly from: number;
	readonly to: number;
}

export class Charts {
	readonly #throughputPlace: HTMLElement;
	readonly #latencyPlace: HTMLElement;
	readonly #goTo: (at: number) => void;
	#throughput: uPlot | undefined;
	#latency: uPlot | undefined;
	#range: TimeRange = {from: 0, to: 1};
	#now = 0;

	/** `goTo`: told of the time that is clicked. */
	constructor(throughputPlace: HTMLElement, latencyPlace: HTMLElement, goTo: (at: number) => void) {
		this.#throughputPlace = throughputPlace;
		this.#latencyPlace = latencyPlace;
		this.#goTo = goTo;
		new ResizeObserver(() => this.#resize()).observe(throughputPlace);
		this.restyle();
	}

	/** The theme has changed. */
	restyle(): void {
		this.#throughput?.destroy();
		this.#latency?.destroy();
		this.#throughput = this.#newPlot(this.#throughputPlace, [
			{label: 'committed', colour: 'append', isFilled: true},
			{label: 'answered', colour: 'leader', isFilled: false},
		]);
		this.#latency = this.#newPlot(this.#latencyPlace, [
			{label: 'p50', colour: 'append', isFilled: false},
			{label: 'p99', colour: 'vote', isFilled: false},
		]);
	}

	draw(measured: readonly Measured[], range: TimeRange, now: number): void {
		this.#range = range;
		this.#now = now;
		const first = Math.max(0, lastBefore(measured, range.from - 1000));
		const shown = measured.slice(first, lastBefore(measured, range.to) + 1);
		this.#describe(shown);
		const times = shown.map(({at}) => at / 1000);
		this.#throughput?.setData([times, shown.map(({commits}) => commits), shown.map(({answers}) => answers)]);
		this.#latency?.setData([times, shown.map(({p50Ms}) => p50Ms), shown.map(({p99Ms}) => p99Ms)]);
	}

	/** For who cannot see it: what the chart ends with. */
	#describe(shown: readonly Measured[]): void {
		const last = (name: 'commits' | 'answers' | 'p50Ms' | 'p99Ms'): string => {
			const value = shown.findLast(measured => measured[name] !== null)?.[name];
			return value === undefined || value === null ? 'unknown' : String(Number(value.toFixed(1)));
		};
		setAttribute(
			this.#throughputPlace,
			'aria-label',
			`${last('commits')} entries committed a second, ${last('answers')} operations answered`,
		);
		setAttribute(this.#latencyPlace, 'aria-label', `latency in ms: p50 ${last('p50Ms')}, p99 ${last('p99Ms')}`);
	}

	#resize(): void {
		const width = this.#throughputPlace.clientWidth;
		if (width === 0) return;
		for (const plot of [this.#throughput, this.#latency]) plot?.setSize({width, height});
	}

	#newPlot(
		place: HTMLElement,
		series: readonly {readonly label: string; readonly colour: string; readonly isFilled: boolean}[],
	): uPlot {
		const stroke = colourOf('muted');
		const grid = {stroke: colourOf('line'), width: 1};
		const font = '11px system-ui, sans-serif';
		const options: uPlot.Options = {
			width: Math.max(200, place.clientWidth),
			height,
			cursor: {y: false, drag: {x: false, y: false}, points: {show: false}},
			legend: {show: false},
			scales: {
				x: {time: false, range: () => [this.#range.from / 1000, this.#range.to / 1000]},
				y: {range: (_, __, max) => [0, Math.max(1, (max ?? 1) * 1.1)]},
			},
			axes: [
				{
					stroke,
					grid: {show: false},
					ticks: {show: false},
					font,
					size: 22,
					values: (_, ticks) => ticks.map(tick => `${tick} s`),
				},
				{stroke, grid, ticks: {show: false}, font, size: axisWidth, values: (_, ticks) => ticks.map(shortNumber)},
			],
			series: [
				{},
				...series.map(({label, colour, isFilled}) => ({
					label,
					stroke: colourOf(colour),
					width: 1.5,
					spanGaps: true,
					points: {show: false},
					...(isFilled ? {fill: `${colourOf(colour)}22`} : {}),
				})),
			],
			hooks: {draw: [plot => this.#drawNow(plot)]},
		};
		const plot = new uPlot(options, [[], [], []], place);
		plot.over.addEventListener('click', event => this.#goTo(plot.posToVal(event.offsetX, 'x') * 1000));
		return plot;
	}

	#drawNow(plot: uPlot): void {
		const {ctx, bbox} = plot;
		const x = plot.valToPos(this.#now / 1000, 'x', true);
		if (x < bbox.left || x > bbox.left + bbox.width) return;
		ctx.save();
		ctx.strokeStyle = colourOf('ink');
		ctx.globalAlpha = 0.5;
		ctx.beginPath();
		ctx.moveTo(x, bbox.top);
		ctx.lineTo(x, bbox.top + bbox.height);
		ctx.stroke();
		ctx.restore();
	}
}

function shortNumber(value: number): string {
	if (value >= 1e6) return `${Number((value / 1e6).toFixed(1))} M`;
	return value >= 1000 ? `${Number((value / 1000).toFixed(1))} k` : String(Number(value.toFixed(2)));
}
