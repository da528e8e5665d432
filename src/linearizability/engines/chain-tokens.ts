/**
 * Every written value is unique, and no written value is the beginning of another: then each answer shows which writes
 * made it, in which order. Writes that build on each other (a put, the appends after it, a compare-and-set of that value)
 * form a path with its reads beside it; all of it stands together in every linearization. Each path must agree with real
 * time in itself, and the paths among each other by the zone test.
 */
import type {KvHistory, KvInput, KvOutput} from '../kv-operation.js';
import type {Anomaly, AnomalyType, Decision} from '../model.js';
import {at, findContradiction, nameOperation, type Placed} from './positions.js';
import {TokenParser} from './token-parser.js';
import {findConflict, type Zone} from './zones.js';

/** Stands for the value before the first write, where a write's place would stand. */
const initialNode = -1;

/** `initial`: only `undefined` and the empty string; with any other the answer is 'not applicable'. */
export function decideByTokens(history: KvHistory, initial: string | undefined): Decision {
	const why = whyNot(history, initial);
	if (why !== undefined) return {type: 'notApplicable', why};
	const parser = TokenParser.create(tokensOf(history));
	if (typeof parser === 'string') return {type: 'notApplicable', why: parser};
	const paths = new Paths(history, parser, initial);
	const anomaly = paths.build() ?? paths.compareWithTime();
	return anomaly === undefined ? {type: 'ok'} : {type: 'violation', anomaly};
}

function whyNot(history: KvHistory, initial: string | undefined): string | undefined {
	if (initial !== undefined && initial !== '') return 'the initial value is not empty';
	for (const {input, output} of history) {
		if (input.type === 'delete') return 'deletions make values repeat';
		if (!isTold(input, output)) return 'some operations are none of get, put, append and compare-and-set';
		if (input.type !== 'compareAndSet') continue;
		if ('version' in input.expected) return 'a compare-and-set asks for a version';
		if (output?.type === 'conditionFailed' && output.observed === undefined) return 'a refusal does not tell the value';
	}
	return undefined;
}

/** What is neither conditional, nor tells more or less than a read or a write of its value. */
function isTold(input: KvInput, output: KvOutput | undefined): boolean {
	if (!('key' in input) || input.type === 'increment' || output?.type === 'invalid') return false;
	if (output?.type === 'written' && output.previous !== undefined) return false;
	return input.type !== 'put' || input.condition === undefined;
}

function* tokensOf(history: KvHistory): Iterable<readonly [string, number]> {
	for (const [offset, {input, output}] of history.entries()) {
		if (isWrite(input) && output?.type !== 'conditionFailed') yield [input.value, offset];
	}
}

type KvWrite = Extract<KvInput, {readonly value: string}>;

function isWrite(input: KvInput): input is KvWrite {
	return input.type === 'put' || input.type === 'append' || input.type === 'compareAndSet';
}

interface Read {
	readonly offset: number;
	/** The write whose value it saw. */
	readonly node: number;
}

class Paths {
	readonly #history: KvHistory;
	readonly #parser: TokenParser;
	readonly #initial: string | undefined;
	/** The write right before each write that was seen, and the one right after. */
	readonly #before = new Map<number, number>();
	readonly #after = new Map<number, number>();
	/** Writes that some answer shows to have taken effect. */
	readonly #seen = new Set<number>();
	readonly #reads: Read[] = [];
	/** Values already taken apart, by the write that made them. */
	readonly #nodes = new Map<string, number>();

	constructor(history: KvHistory, parser: TokenParser, initial: string | undefined) {
		this.#history = history;
		this.#parser = parser;
		this.#initial = initial;
	}

	/** Follows every answer to the writes that it shows. */
	build(): Anomaly | undefined {
		for (const [offset, {input, output}] of this.#history.entries()) {
			if (output === undefined) continue;
			const observed =
				output.type === 'value' ? output : output.type === 'conditionFailed' ? output.observed : undefined;
			const anomaly =
				observed === undefined ? this.#buildWrite(offset, input) : this.#buildRead(offset, observed.value);
			if (anomaly !== undefined) return anomaly;
		}
		return undefined;
	}

	compareWithTime(): Anomaly | undefined {
		const members = this.#positions();
		const zones: Zone[] = [];
		let reached = 0;
		for (const placed of members) {
			reached += placed.filter(({offset}) => this.#before.has(offset)).length;
			const contradiction = findContradiction(this.#history, placed);
			if (contradiction !== undefined) return this.#contradicts(contradiction.earlier, contradiction.later);
			zones.push(this.#zone(placed, placed === members[0]));
		}
		if (reached < this.#before.size) return this.#circle();
		const conflict = findConflict(zones);
		return conflict === undefined ? undefined : this.#overlap(...conflict);
	}

	#buildWrite(offset: number, input: KvInput): Anomaly | undefined {
		return input.type === 'compareAndSet' ? this.#see(offset) : undefined;
	}

	#buildRead(offset: number, value: string | undefined): Anomaly | undefined {
		const {input} = at(this.#history, offset);
		if (input.type === 'compareAndSet' && 'value' in input.expected && input.expected.value === value) {
			return this.#anomaly('order', [offset], 'was refused, though what it saw is what it asked for');
		}
		const node = this.#follow(offset, value);
		if (typeof node !== 'number') return node;
		this.#reads.push({offset, node});
		return undefined;
	}

	/** The write that made `value`, with all links on the way there; or what is wrong with the value. */
	#follow(offset: number, value: string | undefined): number | Anomaly {
		if (value === this.#initial) return initialNode;
		if (value === undefined || value === '') return this.#anomaly('phantom', [offset], 'saw a value that nobody wrote');
		const known = this.#nodes.get(value);
		if (known !== undefined) return known;
		const tokens = this.#parser.parse(value);
		if (tokens === undefined) return this.#anomaly('phantom', [offset], 'saw something that nobody wrote');
		if (new Set(tokens).size < tokens.length) return this.#anomaly('duplicate', [offset], 'saw one write twice');
		let before = initialNode;
		for (const [place, token] of tokens.entries()) {
			const isAppend = at(this.#history, token).input.type === 'append';
			if (place > 0 && !isAppend) return this.#anomaly('phantom', [offset, token], 'saw a put behind another value');
			const anomaly = this.#see(token) ?? (isAppend ? this.#link(offset, before, token) : undefined);
			if (anomaly !== undefined) return anomaly;
			before = token;
		}
		this.#nodes.set(value, before);
		return before;
	}

	/** The write has taken effect; a compare-and-set then stands right behind what it asked for. */
	#see(offset: number): Anomaly | undefined {
		if (this.#seen.has(offset)) return undefined;
		this.#seen.add(offset);
		const {input} = at(this.#history, offset);
		if (input.type !== 'compareAndSet' || !('value' in input.expected)) return undefined;
		const before = this.#follow(offset, input.expected.value);
		return typeof before === 'number' ? this.#link(offset, before, offset) : before;
	}

	#link(witness: number, before: number, after: number): Anomaly | undefined {
		const otherBefore = this.#before.get(after);
		const otherAfter = this.#after.get(before);
		if ((otherBefore ?? before) !== before || (otherAfter ?? after) !== after) {
			const writes = [before, after, otherBefore, otherAfter].filter(write => write !== undefined && write >= 0);
			return this.#anomaly('fork', [witness, ...(writes as number[])], 'belongs to another past than earlier answers');
		}
		this.#before.set(after, before);
		this.#after.set(before, after);
		return undefined;
	}

	/** Each path with its reads; the first is that of the initial value. */
	#positions(): Placed[][] {
		const paths: Placed[][] = [this.#walk(initialNode)];
		for (const [offset, {input, output}] of this.#history.entries()) {
			if (!isWrite(input) || output?.type === 'conditionFailed' || this.#before.has(offset)) continue;
			// A write of unknown outcome that nobody saw need not have happened.
			if (output !== undefined || this.#seen.has(offset)) paths.push(this.#walk(offset));
		}
		const places = new Map<number, {readonly path: Placed[]; readonly position: number}>();
		for (const path of paths) for (const {offset, position} of path) places.set(offset, {path, position});
		places.set(initialNode, {path: paths[0] as Placed[], position: 0});
		for (const {offset, node} of this.#reads) {
			const place = places.get(node);
			place?.path.push({offset, position: place.position + 1});
		}
		return paths;
	}

	/** The writes from `start` on, at even positions. */
	#walk(start: number): Placed[] {
		const path: Placed[] = [];
		let node: number | undefined = start;
		for (let position = 0; node !== undefined; position += 2) {
			if (node !== initialNode) path.push({offset: node, position});
			node = this.#after.get(node);
		}
		return path;
	}

	#zone(placed: readonly Placed[], isInitial: boolean): Zone {
		let firstReturned = -1;
		let firstReturn = isInitial ? -Infinity : Infinity;
		let lastCalled = -1;
		let lastCall = -Infinity;
		for (const {offset} of placed) {
			const operation = at(this.#history, offset);
			if (operation.return < firstReturn) [firstReturned, firstReturn] = [offset, operation.return];
			if (operation.call > lastCall) [lastCalled, lastCall] = [offset, operation.call];
		}
		return {firstReturned, firstReturn, lastCalled, lastCall};
	}

	#contradicts(earlier: number, later: number): Anomaly {
		const isRead = this.#reads.some(({offset}) => offset === later);
		const name = nameOperation(this.#history, earlier);
		const what = `began after ${name} had returned, and yet comes before it`;
		return this.#anomaly(isRead ? 'staleRead' : 'order', [later, earlier], what);
	}

	#circle(): Anomaly {
		const offsets = [...this.#before.keys()].slice(0, 2);
		return this.#anomaly('order', offsets, 'stands in a circle of writes that each replaced the one before');
	}

	#overlap(one: Zone, other: Zone): Anomaly {
		const offsets = [one.firstReturned, other.lastCalled, other.firstReturned, one.lastCalled];
		const shown = [...new Set(offsets.filter(offset => offset >= 0))];
		// A later put may have replaced what a read misses; an append that no read shows is gone.
		const isLost = shown.some(offset => at(this.#history, offset).input.type === 'append' && !this.#seen.has(offset));
		const name = nameOperation(this.#history, other.firstReturned);
		const type = isLost ? 'lostUpdate' : 'staleRead';
		return this.#anomaly(
			type,
			[one.lastCalled, ...shown],
			`began after ${name} had returned, and shows an older value`,
		);
	}

	#anomaly(type: AnomalyType, offsets: readonly number[], what: string): Anomaly {
		const unique = [...new Set(offsets)];
		return {type, offsets: unique, detail: `${nameOperation(this.#history, offsets[0] as number)} ${what}.`};
	}
}
