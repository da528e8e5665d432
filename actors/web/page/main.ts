/** The page: a living cluster, or a trace of a file. */
import {parseTrace, traceBytesMax} from '../../trace/parse-trace.js';
import {traceTextOf} from '../../trace/trace-text.js';
import type {TraceHeader, TraceStep} from '../../trace/trace.js';
import {Controls} from './controls.js';
import {Cursor} from './cursor.js';
import {byId, elementOf, make, setText} from './dom.js';
import {PageServer} from './server.js';
import {Shell} from './shell.js';
import {Store} from './store.js';
import {watchTheme} from './theme.js';
import {Transport} from './transport.js';
import {View} from './view.js';

interface Show {
	readonly store: Store;
	readonly cursor: Cursor;
	readonly view: View;
}

const transport = new Transport();
let show: Show | undefined;
let chosenNode: number | undefined;
let controls: Controls | undefined;

function setMode(mode: 'live' | 'trace' | 'empty'): void {
	document.body.dataset['mode'] = mode;
	byId('empty').hidden = mode !== 'empty';
}

function begin(header: TraceHeader, isLive: boolean): Show {
	setMode(isLive ? 'live' : 'trace');
	const store = new Store(header, isLive);
	const cursor = new Cursor(store, isLive);
	const view = new View(store, cursor, isLive, choose);
	transport.attach(store, cursor, isLive);
	show = {store, cursor, view};
	return show;
}

/** Again, or Escape: it is chosen no more. */
function choose(node: number): void {
	chosenNode = chosenNode === node ? undefined : node;
	show?.view.choose(chosenNode);
	controls?.aimAt(chosenNode);
	const target = chosenNode === undefined ? 'the leader; choose a node above' : `node ${chosenNode}`;
	setText(byId('aim'), `node commands are meant for ${target}`);
}

function openTrace(text: string): void {
	const {header, steps} = parseTrace(text);
	const {store, cursor} = begin(header, false);
	for (const step of steps) store.push(step);
	cursor.goToOffset(0);
	showBroken(steps.at(-1), () => cursor.goToOffset(steps.length - 1));
}

function showBroken(end: TraceStep | undefined, goThere: () => void): void {
	const broken = byId('broken');
	const violation = end?.type === 'end' ? end.violation : undefined;
	broken.hidden = violation === undefined;
	if (violation === undefined) return;
	const {invariant, rule, detail} = violation;
	const button = make('button', {type: 'button'}, 'Go there');
	button.addEventListener('click', goThere);
	broken.replaceChildren(make('b', {}, `${invariant} is broken`), `: ${rule}. Found: ${detail}. `, button);
}

async function openFile(file: File | undefined): Promise<void> {
	if (file === undefined) return;
	try {
		if (file.size > traceBytesMax) throw new Error(`a trace has at most ${traceBytesMax} bytes`);
		openTrace(traceTextOf(await file.text()));
	} catch (error) {
		const broken = byId('broken');
		broken.hidden = false;
		setText(broken, `${file.name} cannot be shown: ${(error as Error).message}`);
	}
}

function acceptFiles(): void {
	const input = elementOf('file', HTMLInputElement);
	input.addEventListener('change', () => void openFile(input.files?.[0]));
	document.addEventListener('dragover', event => event.preventDefault());
	document.addEventListener('drop', event => {
		event.preventDefault();
		void openFile(event.dataTransfer?.files[0]);
	});
}

function goLive(server: PageServer): void {
	let live: Show | undefined;
	server.stream(
		line => {
			if (line.type === 'header') {
				live = begin(line, true);
				show?.view.choose(chosenNode);
				return;
			}
			live?.store.push(line);
			live?.cursor.heard(line.at, performance.now());
		},
		isOpen => {
			const health = byId('health');
			health.dataset['state'] = isOpen ? '' : 'gone';
			if (!isOpen) setText(health, 'the cluster has stopped, or cannot be reached');
		},
	);
}

async function connect(): Promise<void> {
	const token = new URLSearchParams(location.search).get('token');
	if (token === null) return setMode('empty');
	const server = new PageServer(token);
	const commands = await server.commands();
	if (commands === undefined) return openTrace(await server.trace());
	elementOf('save', HTMLAnchorElement).href = server.recordLink;
	const shell = new Shell(byId('log'), elementOf('form', HTMLFormElement), elementOf('input', HTMLInputElement), line =>
		server.line(line),
	);
	controls = new Controls(byId('controls'), commands, line => void shell.run(line));
	goLive(server);
}

function drawForever(): void {
	let last = performance.now();
	const draw = (now: number): void => {
		show?.cursor.tick(now, now - last);
		last = now;
		show?.view.draw(now);
		requestAnimationFrame(draw);
	};
	requestAnimationFrame(draw);
}

document.addEventListener('keydown', ({key}) => {
	if (key === 'Escape' && chosenNode !== undefined) choose(chosenNode);
});
watchTheme(() => show?.view.restyle());
acceptFiles();
drawForever();
void connect();
