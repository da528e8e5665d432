/** The cluster as a ring: a button for each node; behind them the links, what cuts them, and messages on their way. */
import type {Picture} from '../../trace/parse-trace.js';
import type {NodeView} from '../../trace/trace.js';
import {colourOf, fitCanvas, make, setAttribute, setText} from './dom.js';
import type {Flight} from './store.js';

interface Point {
	readonly x: number;
	readonly y: number;
}

interface NodeButton {
	readonly button: HTMLButtonElement;
	readonly role: HTMLElement;
	readonly term: HTMLElement;
	readonly commit: HTMLElement;
}

const lifeWords: Readonly<Record<NodeView['life'], string>> = {
	up: '',
	down: 'down',
	paused: 'paused',
	silent: 'silent',
	starting: 'starting',
	waiting: 'failed',
	damaged: 'damaged',
};
const roleWords: Readonly<Record<string, string>> = {preCandidate: 'pre-candidate'};
const wholeTurn = 2 * Math.PI;

export class Ring {
	/** Drawn where something of it has changed. */
	readonly #linkCanvas: HTMLCanvasElement;
	/** Drawn in each frame in which a message is on its way. */
	readonly #flightCanvas: HTMLCanvasElement;
	readonly #nodes: readonly NodeButton[];
	#places: readonly Point[] = [];
	#nodeRadius = 0;
	#colours: Readonly<Record<string, string>> = {};
	#picture: Picture | undefined;
	#hasFlights = false;

	/** `chosen`: told of the node that is clicked. */
	constructor(stage: HTMLElement, nodeCount: number, chosen: (node: number) => void) {
		this.#linkCanvas = make('canvas', {'aria-hidden': 'true'});
		this.#flightCanvas = make('canvas', {'aria-hidden': 'true'});
		this.#nodes = Array.from({length: nodeCount}, (_, node) => newButton(node, chosen));
		stage.replaceChildren(this.#linkCanvas, this.#flightCanvas, ...this.#nodes.map(({button}) => button));
		new ResizeObserver(() => this.layOut()).observe(stage);
		this.layOut();
	}

	/** The theme or the size of the page has changed. */
	layOut(): void {
		const names = ['link', 'cut', 'append', 'reply', 'vote', 'snapshot', 'muted', 'panel'];
		this.#colours = Object.fromEntries(names.map(name => [name, colourOf(name)]));
		const {clientWidth: width, clientHeight: height} = this.#linkCanvas;
		const count = this.#nodes.length;
		this.#nodeRadius = (this.#nodes[0]?.button.offsetWidth ?? 0) / 2 + 3;
		const radius = count === 1 ? 0 : Math.min(width / 2, height / 2) - this.#nodeRadius - 4;
		this.#places = this.#nodes.map((_, node) => {
			const angle = (node / count) * wholeTurn - wholeTurn / 4;
			return {x: width / 2 + radius * Math.cos(angle), y: height / 2 + radius * Math.sin(angle)};
		});
		for (const [node, {button}] of this.#nodes.entries()) {
			const place = this.#places[node] as Point;
			button.style.transform = `translate(${place.x}px, ${place.y}px) translate(-50%, -50%)`;
		}
		if (this.#picture !== undefined) this.#drawLinks(this.#picture);
	}

	choose(node: number | undefined): void {
		for (const [id, {button}] of this.#nodes.entries()) setAttribute(button, 'aria-pressed', String(id === node));
	}

	/** `at`: the moment that is shown. */
	draw(picture: Picture, flights: readonly Flight[], at: number): void {
		const before = this.#picture;
		this.#picture = picture;
		if (picture !== before) this.#showNodes(picture);
		if (picture.cuts !== before?.cuts) this.#drawLinks(picture);
		if (flights.length === 0 && !this.#hasFlights) return;
		this.#hasFlights = flights.length > 0;
		const {context, width, height} = fitCanvas(this.#flightCanvas);
		context.clearRect(0, 0, width, height);
		for (const flight of flights) this.#drawFlight(context, flight, at);
	}

	#showNodes({nodes, cuts}: Picture): void {
		for (const [id, {button, role, term, commit}] of this.#nodes.entries()) {
			const node = nodes[id];
			if (node === undefined) continue;
			const isUp = node.life === 'up' || node.life === 'paused' || node.life === 'silent';
			const word = lifeWords[node.life];
			const roleWord = roleWords[node.role] ?? node.role;
			setAttribute(button, 'data-role', isUp ? node.role : 'none');
			setAttribute(button, 'data-life', node.life);
			setText(role, word === '' ? roleWord : word);
			setText(term, `term ${node.term.toLocaleString('en')}`);
			setText(commit, node.commitIndex.toLocaleString('en'));
			const spoken = `node ${id}: ${word === '' ? roleWord : `${word}, was ${roleWord}`}, term ${node.term}`;
			const apart = [...new Set(cuts.filter(cut => cut.includes(id)).map(([from, to]) => (from === id ? to : from)))];
			const cutOff =
				apart.length === 0 ? '' : `, link cut to node ${apart.sort((one, other) => one - other).join(', ')}`;
			setAttribute(button, 'aria-label', `${spoken}${cutOff}`);
		}
	}

	#drawLinks({nodes, cuts}: Picture): void {
		const {context, width, height} = fitCanvas(this.#linkCanvas);
		context.clearRect(0, 0, width, height);
		const isCut = new Set(cuts.map(([from, to]) => `${from} ${to}`));
		for (let from = 0; from < nodes.length; from++) {
			for (let to = from + 1; to < nodes.length; to++) {
				const there = isCut.has(`${from} ${to}`);
				const back = isCut.has(`${to} ${from}`);
				this.#drawLink(context, this.#places[from] as Point, this.#places[to] as Point, there || back);
			}
		}
	}

	#drawLink(context: CanvasRenderingContext2D, from: Point, to: Point, isCut: boolean): void {
		context.lineWidth = isCut ? 1.5 : 1;
		context.strokeStyle = this.#colours[isCut ? 'cut' : 'link'] ?? '';
		context.setLineDash(isCut ? [3, 6] : []);
		context.beginPath();
		context.moveTo(from.x, from.y);
		context.lineTo(to.x, to.y);
		context.stroke();
		context.setLineDash([]);
		if (!isCut) return;
		const middle = {x: (from.x + to.x) / 2, y: (from.y + to.y) / 2};
		context.lineWidth = 2;
		context.beginPath();
		for (const side of [-1, 1]) {
			context.moveTo(middle.x - 5, middle.y - 5 * side);
			context.lineTo(middle.x + 5, middle.y + 5 * side);
		}
		context.stroke();
	}

	#drawFlight(context: CanvasRenderingContext2D, flight: Flight, at: number): void {
		const from = this.#places[flight.from];
		const to = this.#places[flight.to];
		if (from === undefined || to === undefined) return;
		const endAt = flight.endAt === Infinity ? flight.at + 20 : flight.endAt;
		const part = Math.min(0.94, Math.max(0, (at - flight.at) / Math.max(0.001, endAt - flight.at)));
		// What is lost stops half way and fades.
		const way = flight.isLost ? Math.min(0.5, part) : part;
		// Both directions of a link are seen apart.
		const length = Math.hypot(to.x - from.x, to.y - from.y) || 1;
		const border = Math.min(0.4, this.#nodeRadius / length);
		const place = border + way * (1 - 2 * border);
		const aside = {x: (-(to.y - from.y) / length) * 5, y: ((to.x - from.x) / length) * 5};
		const x = from.x + (to.x - from.x) * place + aside.x;
		const y = from.y + (to.y - from.y) * place + aside.y;
		const isReply = flight.kind.endsWith('Reply');
		context.globalAlpha = flight.isLost ? Math.max(0, 1 - part) : Math.min(1, 4 * part + 0.4, (1 - part) * 8);
		context.fillStyle = this.#colours[flight.isLost ? 'cut' : colourNameOf(flight.kind)] ?? '';
		context.beginPath();
		context.arc(x, y, isReply ? 2.6 : 4, 0, wholeTurn);
		context.fill();
		context.globalAlpha = 1;
	}
}

function colourNameOf(kind: string): string {
	if (kind.startsWith('requestVote')) return 'vote';
	if (kind.startsWith('installSnapshot')) return 'snapshot';
	return kind.endsWith('Reply') ? 'reply' : 'append';
}

function newButton(node: number, chosen: (node: number) => void): NodeButton {
	const role = make('span', {class: 'node-role'});
	const term = make('span', {class: 'node-term'});
	const commit = make('span', {class: 'node-commit', title: 'commit index'});
	const name = make('span', {class: 'node-name'}, String(node));
	const button = make('button', {class: 'node', type: 'button', 'data-node': String(node)}, name, role, term, commit);
	button.addEventListener('click', () => chosen(node));
	return {button, role, term, commit};
}
