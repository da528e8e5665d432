/** The log of each node as a bar on one axis of indexes: what is committed, what is not, and the snapshot before it. */
import type {Picture} from '../../trace/parse-trace.js';
import type {NodeView} from '../../trace/trace.js';
import {colourOf, fitCanvas, make, setText} from './dom.js';

interface Row {
	readonly canvas: HTMLCanvasElement;
	readonly text: HTMLElement;
}

/** Entries that the axis shows at least and, where no terms are known, at most. */
const entriesMin = 24;
const entriesMax = 48;

export class Logs {
	readonly #rows: readonly Row[];
	#picture: Picture | undefined;

	constructor(place: HTMLElement, nodeCount: number) {
		this.#rows = Array.from({length: nodeCount}, () => ({
			canvas: make('canvas', {'aria-hidden': 'true'}),
			text: make('span', {class: 'log-text'}),
		}));
		const rows = this.#rows.map(({canvas, text}, node) =>
			make('div', {class: 'log-row'}, make('span', {class: 'log-name'}, String(node)), canvas, text),
		);
		place.replaceChildren(...rows);
		new ResizeObserver(() => this.redraw()).observe(place);
	}

	/** The theme or the size of the page has changed. */
	redraw(): void {
		const picture = this.#picture;
		this.#picture = undefined;
		if (picture !== undefined) this.draw(picture);
	}

	draw(picture: Picture): void {
		if (picture.nodes === this.#picture?.nodes) return;
		this.#picture = picture;
		const {nodes} = picture;
		const last = Math.max(1, ...nodes.map(({lastIndex}) => lastIndex));
		const slowest = Math.min(...nodes.map(({commitIndex}) => commitIndex));
		// A node that is far behind is seen as such: the axis does not reach back to it.
		const count = Math.min(entriesMax, Math.max(entriesMin, last - slowest + 4));
		const first = Math.max(1, last - count + 1);
		for (const [id, node] of nodes.entries()) {
			const row = this.#rows[id] as Row;
			drawRow(row.canvas, node, first, Math.max(entriesMin, last - first + 1));
			const waiting = node.lastIndex - node.commitIndex;
			const snapshot = node.snapshotIndex > 0 ? `, snapshot to ${node.snapshotIndex.toLocaleString('en')}` : '';
			const behind = waiting > 0 ? ` + ${waiting} not committed` : '';
			setText(row.text, `${node.commitIndex.toLocaleString('en')}${behind}${snapshot}`);
		}
	}
}

function drawRow(canvas: HTMLCanvasElement, node: NodeView, first: number, count: number): void {
	const {context, width, height} = fitCanvas(canvas);
	context.clearRect(0, 0, width, height);
	const step = width / count;
	const isGone = node.life === 'down' || node.life === 'damaged';
	context.globalAlpha = isGone ? 0.45 : 1;
	context.font = '10px ui-monospace, monospace';
	context.textAlign = 'center';
	context.textBaseline = 'middle';
	let shownTerm = 0;
	for (let index = first; index < first + count; index++) {
		const x = (index - first) * step;
		const box = [x + 0.5, 1.5, Math.max(1, step - 1.5), height - 3] as const;
		if (index > node.lastIndex) {
			context.fillStyle = colourOf('empty');
			context.fillRect(...box);
			continue;
		}
		const term = termAt(node, index);
		const isSnapshot = index <= node.snapshotIndex;
		context.fillStyle = isSnapshot ? colourOf('snapshot-cell') : colourOf(`term-${term === undefined ? 0 : term % 6}`);
		if (index <= node.commitIndex) context.fillRect(...box);
		else {
			context.strokeStyle = context.fillStyle;
			context.lineWidth = 1.5;
			context.strokeRect(box[0] + 0.5, box[1] + 0.5, Math.max(1, box[2] - 1), box[3] - 1);
		}
		const isNew = term !== undefined && term !== shownTerm && !isSnapshot;
		if (isNew && step > 9) {
			context.fillStyle = index <= node.commitIndex ? colourOf('on-term') : colourOf('ink');
			context.fillText(String(term % 1000), x + step / 2, height / 2 + 0.5);
		}
		if (term !== undefined) shownTerm = term;
	}
	context.globalAlpha = 1;
}

/** `undefined`: nobody told it. */
function termAt({log}: NodeView, index: number): number | undefined {
	let found: number | undefined;
	for (const [start, term] of log) {
		if (start > index) break;
		found = term;
	}
	return found;
}
