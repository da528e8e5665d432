/** Patterns of Lua's strings: read once into a list of items, then tried at one place after the other. */
import type {Meter} from './meter.js';

/** The pattern is none. */
export class PatternError extends Error {}

/** The part between two brackets; `length` undefined: the place itself, for `()`. */
interface Capture {
	readonly start: number;
	readonly length: number | undefined;
}

export interface Match {
	readonly start: number;
	readonly end: number;
	readonly captures: readonly Capture[];
}

type Accepts = (code: number) => boolean;
type Item =
	| {readonly type: 'character'; readonly accepts: Accepts; readonly repeat: '' | '*' | '+' | '-' | '?'}
	| {readonly type: 'open' | 'place'; readonly capture: number}
	| {readonly type: 'close'; readonly capture: number}
	| {readonly type: 'same'; readonly capture: number}
	| {readonly type: 'balanced'; readonly opener: number; readonly closer: number}
	| {readonly type: 'frontier'; readonly accepts: Accepts}
	| {readonly type: 'end'};

const capturesMax = 32;
/** Repetitions and captures within each other, while a pattern is tried. */
const nestingMax = 200;

const isLower: Accepts = code => code >= 97 && code <= 122;
const isUpper: Accepts = code => code >= 65 && code <= 90;
const isDigit: Accepts = code => code >= 48 && code <= 57;
const isAlphanumeric: Accepts = code => isLower(code) || isUpper(code) || isDigit(code);
const isPrintable: Accepts = code => code > 32 && code < 127;

const classes: Readonly<Record<string, Accepts>> = {
	a: code => isLower(code) || isUpper(code),
	c: code => code < 32 || code === 127,
	d: isDigit,
	l: isLower,
	p: code => isPrintable(code) && !isAlphanumeric(code),
	s: code => code === 32 || (code >= 9 && code <= 13),
	u: isUpper,
	w: isAlphanumeric,
	x: code => isDigit(code) || (code >= 97 && code <= 102) || (code >= 65 && code <= 70),
	z: code => code === 0,
};

const not =
	(accepts: Accepts): Accepts =>
	code =>
		!accepts(code);

function classOf(letter: string): Accepts {
	const accepts = classes[letter.toLowerCase()];
	const code = letter.charCodeAt(0);
	if (accepts === undefined) return other => other === code;
	return isUpper(code) ? not(accepts) : accepts;
}

class PatternReader {
	readonly #text: string;
	#at: number;
	readonly #items: Item[] = [];
	readonly #open: number[] = [];
	readonly #closed = new Set<number>();
	#captureCount = 0;

	constructor(text: string, from: number) {
		this.#text = text;
		this.#at = from;
	}

	read(): readonly Item[] {
		while (this.#at < this.#text.length) this.#items.push(this.#item());
		if (this.#open.length > 0) throw new PatternError('unfinished capture');
		return this.#items;
	}

	#item(): Item {
		const text = this.#text;
		const letter = text[this.#at] as string;
		const following = text[this.#at + 1];
		if (letter === '(') return this.#opening(following === ')');
		if (letter === ')') return this.#closing();
		if (letter === '$' && this.#at === text.length - 1) {
			this.#at += 1;
			return {type: 'end'};
		}
		if (letter === '%' && following === 'b') return this.#balanced();
		if (letter === '%' && following === 'f') return this.#frontier();
		if (letter === '%' && following !== undefined && isDigit(following.charCodeAt(0)))
			return this.#same(Number(following));
		return this.#repeated(this.#character());
	}

	#opening(isPlace: boolean): Item {
		if (this.#captureCount === capturesMax) throw new PatternError('too many captures');
		const capture = this.#captureCount;
		this.#captureCount += 1;
		this.#at += isPlace ? 2 : 1;
		if (isPlace) this.#closed.add(capture);
		else this.#open.push(capture);
		return {type: isPlace ? 'place' : 'open', capture};
	}

	#closing(): Item {
		const capture = this.#open.pop();
		if (capture === undefined) throw new PatternError('invalid pattern capture');
		this.#at += 1;
		this.#closed.add(capture);
		return {type: 'close', capture};
	}

	#same(number: number): Item {
		const capture = number - 1;
		if (!this.#closed.has(capture)) throw new PatternError('invalid capture index');
		this.#at += 2;
		return {type: 'same', capture};
	}

	#balanced(): Item {
		const opener = this.#text.charCodeAt(this.#at + 2);
		const closer = this.#text.charCodeAt(this.#at + 3);
		if (Number.isNaN(closer)) throw new PatternError('unbalanced pattern');
		this.#at += 4;
		return {type: 'balanced', opener, closer};
	}

	#frontier(): Item {
		this.#at += 2;
		if (this.#text[this.#at] !== '[') throw new PatternError("missing '[' after '%f' in pattern");
		return {type: 'frontier', accepts: this.#character()};
	}

	#character(): Accepts {
		const letter = this.#text[this.#at] as string;
		this.#at += 1;
		if (letter === '.') return () => true;
		if (letter === '[') return this.#set();
		if (letter !== '%') return code => code === letter.charCodeAt(0);
		const escaped = this.#text[this.#at];
		if (escaped === undefined) throw new PatternError("malformed pattern (ends with '%')");
		this.#at += 1;
		return classOf(escaped);
	}

	#set(): Accepts {
		const isNegated = this.#text[this.#at] === '^';
		if (isNegated) this.#at += 1;
		const members: Accepts[] = [];
		// A bracket that comes first is a member.
		do {
			members.push(this.#member());
		} while (this.#text[this.#at] !== ']');
		this.#at += 1;
		return code => members.some(accepts => accepts(code)) !== isNegated;
	}

	#member(): Accepts {
		const letter = this.#text[this.#at];
		if (letter === undefined) throw new PatternError("malformed pattern (missing ']')");
		if (letter === '%') return this.#character();
		const last = this.#text[this.#at + 2];
		if (this.#text[this.#at + 1] === '-' && last !== undefined && last !== ']') {
			const [from, to] = [letter.charCodeAt(0), last.charCodeAt(0)];
			this.#at += 3;
			return code => code >= from && code <= to;
		}
		this.#at += 1;
		return code => code === letter.charCodeAt(0);
	}

	#repeated(accepts: Accepts): Item {
		const sign = this.#text[this.#at];
		if (sign !== '*' && sign !== '+' && sign !== '-' && sign !== '?') return {type: 'character', accepts, repeat: ''};
		this.#at += 1;
		return {type: 'character', accepts, repeat: sign};
	}
}

export class Pattern {
	readonly #items: readonly Item[];
	readonly #isAnchored: boolean;
	readonly #meter: Meter;
	#text = '';
	#starts: number[] = [];
	/** A capture that is open has none. */
	#lengths: (number | undefined)[] = [];
	#nesting = 0;

	/** Throws a `PatternError`. */
	constructor(pattern: string, meter: Meter, mayBeAnchored = true) {
		meter.allocate(pattern.length * 16);
		this.#isAnchored = mayBeAnchored && pattern.startsWith('^');
		this.#items = new PatternReader(pattern, this.#isAnchored ? 1 : 0).read();
		this.#meter = meter;
	}

	get isAnchored(): boolean {
		return this.#isAnchored;
	}

	/** The first match that begins at `from` or behind it. */
	find(text: string, from: number): Match | undefined {
		for (let start = from; start <= text.length; start += 1) {
			const match = this.matchAt(text, start);
			if (match !== undefined || this.#isAnchored) return match;
		}
		return undefined;
	}

	matchAt(text: string, start: number): Match | undefined {
		this.#text = text;
		this.#starts = [];
		this.#lengths = [];
		const end = this.#match(0, start);
		if (end < 0) return undefined;
		const captures = this.#starts.map((from, place) => ({start: from, length: this.#lengths[place]}));
		return {start, end, captures};
	}

	/** Where the items from this one on end if they fit at `at`; -1: they do not fit. */
	#match(first: number, from: number): number {
		let at = from;
		for (let place = first; place < this.#items.length; place += 1) {
			this.#meter.step();
			const item = this.#items[place] as Item;
			switch (item.type) {
				case 'character':
					if (item.repeat !== '') return this.#nested(() => this.#matchRepeated(item, place + 1, at));
					if (!this.#accepts(item.accepts, at)) return -1;
					at += 1;
					break;
				case 'open':
				case 'place':
				case 'close':
					return this.#nested(() => this.#matchCapture(item, place + 1, at));
				case 'end':
					if (at !== this.#text.length) return -1;
					break;
				default: {
					const end = this.#matchOther(item, at);
					if (end < 0) return -1;
					at = end;
				}
			}
		}
		return at;
	}

	#nested(match: () => number): number {
		this.#nesting += 1;
		if (this.#nesting > nestingMax) throw new PatternError('pattern too complex');
		const end = match();
		this.#nesting -= 1;
		return end;
	}

	#accepts(accepts: Accepts, at: number): boolean {
		return at < this.#text.length && accepts(this.#text.charCodeAt(at));
	}

	#matchRepeated({accepts, repeat}: Extract<Item, {type: 'character'}>, next: number, at: number): number {
		if (repeat === '-') {
			for (let end = at; ; end += 1) {
				const found = this.#match(next, end);
				if (found >= 0) return found;
				if (!this.#accepts(accepts, end)) return -1;
			}
		}
		const countMax = repeat === '?' ? 1 : Infinity;
		let count = 0;
		while (count < countMax && this.#accepts(accepts, at + count)) count += 1;
		this.#meter.step(count);
		for (; count >= (repeat === '+' ? 1 : 0); count -= 1) {
			const found = this.#match(next, at + count);
			if (found >= 0) return found;
		}
		return -1;
	}

	/** What is noted of a capture is taken back where the rest does not fit. */
	#matchCapture(item: Extract<Item, {type: 'open' | 'place' | 'close'}>, next: number, at: number): number {
		const {capture} = item;
		if (item.type === 'close') {
			this.#lengths[capture] = at - (this.#starts[capture] as number);
			const end = this.#match(next, at);
			if (end < 0) this.#lengths[capture] = undefined;
			return end;
		}
		this.#starts[capture] = at;
		this.#lengths[capture] = undefined;
		const end = this.#match(next, at);
		if (end < 0) this.#starts.length = capture;
		return end;
	}

	#matchOther(item: Extract<Item, {type: 'same' | 'balanced' | 'frontier'}>, at: number): number {
		const text = this.#text;
		if (item.type === 'same') {
			const start = this.#starts[item.capture] as number;
			const captured = text.slice(start, start + (this.#lengths[item.capture] ?? 0));
			this.#meter.step(captured.length);
			return text.startsWith(captured, at) ? at + captured.length : -1;
		}
		if (item.type === 'frontier') {
			const before = at === 0 ? 0 : text.charCodeAt(at - 1);
			const here = at === text.length ? 0 : text.charCodeAt(at);
			return !item.accepts(before) && item.accepts(here) ? at : -1;
		}
		if (text.charCodeAt(at) !== item.opener) return -1;
		let open = 0;
		for (let end = at; end < text.length; end += 1) {
			this.#meter.step();
			const code = text.charCodeAt(end);
			if (code === item.closer && end > at) open -= 1;
			else if (code === item.opener) open += 1;
			if (open === 0) return end + 1;
		}
		return -1;
	}
}
