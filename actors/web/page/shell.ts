/** The console's lines on the page: what was run, by a click or typed here, and what was answered. */
import type {LineAnswer} from '../protocol.js';
import {make} from './dom.js';

/** Entries that stay on the page. */
const entriesMax = 200;
const historyMax = 100;

export class Shell {
	readonly #log: HTMLElement;
	readonly #input: HTMLInputElement;
	readonly #send: (line: string) => Promise<LineAnswer>;
	readonly #history: string[] = [];
	#place = 0;

	constructor(
		log: HTMLElement,
		form: HTMLFormElement,
		input: HTMLInputElement,
		send: (line: string) => Promise<LineAnswer>,
	) {
		this.#log = log;
		this.#input = input;
		this.#send = send;
		form.addEventListener('submit', event => {
			event.preventDefault();
			const line = input.value.trim();
			input.value = '';
			if (line !== '') void this.run(line);
		});
		input.addEventListener('keydown', event => this.#recall(event));
	}

	/** Shows the line at once, and its answer when that comes. */
	async run(line: string): Promise<void> {
		if (this.#history.at(-1) !== line) this.#history.push(line);
		if (this.#history.length > historyMax) this.#history.shift();
		this.#place = this.#history.length;
		const answer = make('div', {class: 'answer waiting'}, '…');
		this.#log.append(make('div', {class: 'entry'}, make('div', {class: 'line'}, `> ${line}`), answer));
		while (this.#log.childElementCount > entriesMax) this.#log.firstElementChild?.remove();
		this.#log.scrollTop = this.#log.scrollHeight;
		const {type, text} = await this.#send(line);
		answer.className = `answer ${type}`;
		answer.textContent = text;
		this.#log.scrollTop = this.#log.scrollHeight;
	}

	/** Puts a line where it can be changed and then run. */
	offer(line: string): void {
		this.#input.value = line;
		this.#input.focus();
	}

	#recall(event: KeyboardEvent): void {
		const by = {ArrowUp: -1, ArrowDown: 1}[event.key];
		if (by === undefined) return;
		event.preventDefault();
		this.#place = Math.min(this.#history.length, Math.max(0, this.#place + by));
		this.#input.value = this.#history[this.#place] ?? '';
	}
}
