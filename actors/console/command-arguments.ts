/** Reads a command's words one by one; each mistake names what was wanted and shows how the command is written. */
import {type LinksReference, parseLinks} from './links.js';
import type {NodeReference} from './node-reference.js';
import {ConsoleSyntaxError} from './errors.js';
import type {Word} from './tokenizer.js';
import {ABSENT} from './value-text.js';

const DURATION_MAX_MS = 3_600_000;
const unitMs: Readonly<Record<string, number>> = {ms: 1, s: 1000, m: 60_000};

export class CommandArguments {
	readonly #words: readonly Word[];
	readonly #usage: string;
	readonly #nodeCount: number;
	#offset = 0;

	constructor(words: readonly Word[], usage: string, nodeCount: number) {
		this.#words = words;
		this.#usage = usage;
		this.#nodeCount = nodeCount;
	}

	/** Of the cluster that the line is meant for. */
	get nodeCount(): number {
		return this.#nodeCount;
	}

	bytes(what: string): Uint8Array {
		return this.#take(what).bytes;
	}

	/** `undefined` for the bare word `(absent)`, as an absent key is printed; in quotes it is a value. */
	bytesOrAbsent(what: string): Uint8Array | undefined {
		const {bytes, text, isBare} = this.#take(what);
		return isBare && text === ABSENT ? undefined : bytes;
	}

	text(what: string): string {
		return this.#take(what).text;
	}

	/** `undefined` at the end of the line. */
	optionalText(): string | undefined {
		return this.#words[this.#offset++]?.text;
	}

	/** From 1 to `max`; `undefined` at the end of the line. */
	optionalCount(max: number): number | undefined {
		const text = this.optionalText();
		if (text === undefined) return undefined;
		const count = /^\d{1,9}$/.test(text) ? Number(text) : 0;
		if (count >= 1 && count <= max) return count;
		return this.refuse(`"${text}" is not a number from 1 to ${max}`);
	}

	/** A number of 32 bits; `undefined` at the end of the line. */
	optionalSeed(): number | undefined {
		const text = this.optionalText();
		if (text === undefined) return undefined;
		const seed = /^\d{1,10}$/.test(text) ? Number(text) : Infinity;
		return seed < 2 ** 32 ? seed : this.refuse(`"${text}" is no seed, a whole number below ${2 ** 32}`);
	}

	/** All words that are left. */
	rest(): readonly string[] {
		const rest = this.#words.slice(this.#offset).map(({text}) => text);
		this.#offset = this.#words.length;
		return rest;
	}

	oneOf<T extends string>(choices: readonly T[]): T {
		const list = choices.join(' or ');
		const {text} = this.#take(list);
		const choice = choices.find(each => each === text);
		return choice ?? this.refuse(`"${text}" is not ${list}`);
	}

	node(): NodeReference {
		return this.#node(this.#take('a node').text);
	}

	/** By its number alone. */
	nodeNumber(): number {
		return this.#nodeNumber(this.#take('a node').text);
	}

	/** `undefined` for all. */
	nodeOrAll(): NodeReference | undefined {
		if (this.#words[this.#offset]?.text !== 'all') return this.node();
		this.#offset++;
		return undefined;
	}

	/** All words that are left, as `0,1 | 2,3` or `leader`. */
	nodeGroups(): readonly (readonly NodeReference[])[] {
		return this.#rest()
			.split('|')
			.map(group => {
				const names = group.split(/[\s,]+/).filter(name => name !== '');
				if (names.length === 0) this.refuse('a group has no nodes');
				return names.map(name => this.#node(name));
			});
	}

	/** `250` and `250ms` are the same; `1.5s`, `2m`. */
	durationMs(): number {
		const {text} = this.#take('a time');
		return this.#milliseconds(text);
	}

	/** `undefined` at the end of the line. */
	optionalDurationMs(): number | undefined {
		return this.#offset < this.#words.length ? this.durationMs() : undefined;
	}

	/** `10%` or `0.1`; a bare number over 1 is refused, because `drop 5` could mean either. */
	probability(): number {
		const {text} = this.#take('a part');
		const match = /^(\d+(?:\.\d+)?|\.\d+)(%?)$/.exec(text);
		const probability = Number(match?.[1]) / (match?.[2] === '%' ? 100 : 1);
		if (!(probability <= 1)) this.refuse(`"${text}" is neither a percentage such as 10% nor a part from 0 to 1`);
		return probability;
	}

	/** `10..50`, `20` or `1s..2s`. */
	rangeMs(): readonly [number, number] {
		const {text} = this.#take('a time');
		const [min = '', max = min, ...rest] = text.split('..');
		if (rest.length > 0) this.refuse(`"${text}" is not a range such as 10..50`);
		const range = [this.#milliseconds(min), this.#milliseconds(max)] as const;
		if (range[0] > range[1]) this.refuse(`the range "${text}" ends before it begins`);
		return range;
	}

	/** All words that are left, as `leader->2`; see `parseLinks`. Without one: between nodes. */
	links(): LinksReference {
		const text = this.#rest();
		const parser = {node: (name: string) => this.#node(name), refuse: (why: string): never => this.refuse(why)};
		return parseLinks(text === '' ? 'nodes' : text, parser);
	}

	/** All words that are left, with a blank between them. */
	optionalRest(): string {
		return this.#rest();
	}

	/** A word of this pattern: what its first group holds, and the others; `what` says what it has to be. */
	matching(pattern: RegExp, what: string): readonly string[] {
		const {text} = this.#take(what);
		const found = pattern.exec(text);
		return found === null ? this.refuse(`"${text}" is not ${what}`) : found.slice(1).map(group => group ?? '');
	}

	get isAtEnd(): boolean {
		return this.#offset >= this.#words.length;
	}

	/** Whether the next word is this one, which is then taken. */
	takes(text: string): boolean {
		if (this.#words[this.#offset]?.text !== text) return false;
		this.#offset++;
		return true;
	}

	end(): void {
		const word = this.#words[this.#offset];
		if (word !== undefined) this.refuse(`"${word.text}" is too much (a value with blanks needs quotes)`);
	}

	#take(what: string): Word {
		return this.#words[this.#offset++] ?? this.refuse(`${what} is missing`);
	}

	#rest(): string {
		const text = this.#words.slice(this.#offset).map(word => word.text);
		this.#offset = this.#words.length;
		return text.join(' ');
	}

	#node(text: string): NodeReference {
		return text === 'leader' ? {type: 'leader'} : {type: 'number', node: this.#nodeNumber(text)};
	}

	#nodeNumber(text: string): number {
		const node = /^\d{1,4}$/.test(text) ? Number(text) : Number.NaN;
		if (node < this.#nodeCount) return node;
		return this.refuse(`there is no node "${text}": nodes are 0 to ${this.#nodeCount - 1}`);
	}

	#milliseconds(text: string): number {
		const [, digits, unit = 'ms'] = /^(\d{1,7}(?:\.\d{1,3})?)(ms|s|m)?$/.exec(text) ?? [];
		const durationMs = Math.round(Number(digits) * (unitMs[unit] ?? Number.NaN));
		if (durationMs <= DURATION_MAX_MS) return durationMs;
		return this.refuse(`"${text}" is not a time such as 250, 250ms, 1.5s or 2m, of an hour at most`);
	}

	/** Throws a {@link ConsoleSyntaxError}, with how the command is written. */
	refuse(message: string): never {
		throw new ConsoleSyntaxError(`${message}; write: ${this.#usage}`);
	}
}
