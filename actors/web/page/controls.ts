/** A control for each command of the console, made of what the console says of it: a new command has one by itself. */
import type {CommandsView, CommandView} from '../protocol.js';
import {make, setAttribute} from './dom.js';

/** Of little use as a button, or told elsewhere on the page. */
const topicsLeftOut: ReadonlySet<string> = new Set(['session']);
const firstTopic = 'nodes';

export class Controls {
	readonly #place: HTMLElement;
	readonly #run: (line: string) => void;
	/** Their first word is a node. */
	readonly #nodeInputs: HTMLInputElement[] = [];

	/** `run`: told of the line that a control stands for. */
	constructor(place: HTMLElement, {topics, commands}: CommandsView, run: (line: string) => void) {
		this.#place = place;
		this.#run = run;
		const shown = topics.filter(({name}) => !topicsLeftOut.has(name) && commands.some(({topic}) => topic === name));
		const tabs = make('div', {class: 'tabs', role: 'tablist', 'aria-label': 'kinds of commands'});
		const panels = shown.map(({name, title}) => {
			const rows = commands.filter(({topic}) => topic === name).map(command => this.#row(command));
			return make('div', {role: 'tabpanel', id: `panel-${name}`, 'aria-labelledby': `tab-${name}`, title}, ...rows);
		});
		for (const {name, title} of shown) {
			const attributes = {type: 'button', role: 'tab', id: `tab-${name}`, 'aria-controls': `panel-${name}`, title};
			const tab = make('button', attributes, name);
			tab.addEventListener('click', () => this.#open(name));
			tabs.append(tab);
		}
		tabs.addEventListener('keydown', event => this.#moveTab(event, tabs));
		place.replaceChildren(tabs, ...panels);
		this.#open(firstTopic);
	}

	/** Commands on a node are meant for this one from now on; `undefined`: for the leader. */
	aimAt(node: number | undefined): void {
		const target = node === undefined ? 'leader' : String(node);
		for (const input of this.#nodeInputs) input.value = [target, ...input.value.split(' ').slice(1)].join(' ');
	}

	#open(topic: string): void {
		for (const tab of this.#place.querySelectorAll('[role=tab]')) {
			const isOpen = tab.id === `tab-${topic}`;
			setAttribute(tab, 'aria-selected', String(isOpen));
			setAttribute(tab, 'tabindex', isOpen ? '0' : '-1');
		}
		for (const panel of this.#place.querySelectorAll<HTMLElement>('[role=tabpanel]')) {
			panel.hidden = panel.id !== `panel-${topic}`;
		}
	}

	#moveTab(event: KeyboardEvent, tabs: HTMLElement): void {
		const by = {ArrowLeft: -1, ArrowRight: 1}[event.key];
		if (by === undefined) return;
		const all = [...tabs.querySelectorAll<HTMLButtonElement>('[role=tab]')];
		const next = all.at((all.indexOf(document.activeElement as HTMLButtonElement) + by) % all.length);
		next?.click();
		next?.focus();
		event.preventDefault();
		event.stopPropagation();
	}

	#row({name, usage, summary, details, example, firstWords}: CommandView): HTMLElement {
		const hint = [usage, summary, ...details].join('\n');
		const rest = example.startsWith(`${name} `) ? example.slice(name.length + 1) : '';
		const button = make('button', {type: 'button', class: 'run', title: hint}, name);
		const parts: HTMLElement[] = [button];
		const words = firstWords.filter(word => word !== 'leader' && !/^\d+$/.test(word));
		const needsWords = usage !== name;
		if (needsWords) {
			const input = make('input', {
				'aria-label': `${name}: ${usage}`,
				value: rest,
				spellcheck: 'false',
				autocomplete: 'off',
			});
			if (firstWords.includes('leader')) this.#nodeInputs.push(input);
			const run = (): void => this.#run(`${name} ${input.value}`.trim());
			button.addEventListener('click', run);
			input.addEventListener('keydown', event => {
				if (event.key === 'Enter') run();
			});
			parts.push(input);
		} else button.addEventListener('click', () => this.#run(name));
		for (const word of words.slice(0, 3)) {
			const choice = make('button', {type: 'button', class: 'choice', 'aria-label': `${name} ${word}`}, word);
			choice.addEventListener('click', () => this.#run(`${name} ${word}`));
			parts.push(choice);
		}
		return make('div', {class: 'control'}, ...parts, make('p', {class: 'summary'}, summary));
	}
}
