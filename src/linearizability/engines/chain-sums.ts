/**
 * A counter: only increments and reads, and each summand is more than three times all smaller ones together. Then a sum shows
 * which increments made it, and how often each ran, as a number shows its digits:
 *
 *     by 1, 4 and 16:    21 = 16 + 4 + 1, each once    6 = 4 + 1 + 1, the first one twice
 *
 * So all sums that were seen must be beginnings of one order, in which each increment stands right before its own sum. What is
 * left is to compare that order with real time and with the versions.
 */
import {versionOf, type KvHistory, type KvOperation} from '../kv-operation.js';
import type {Anomaly, AnomalyType, Decision} from '../model.js';
import {at, findContradiction, nameOperation, type Placed} from './positions.js';

/** So often one increment can be counted before it looks like others. */
const timesMax = 3n;

export function decideBySums(history: KvHistory, initial: string | undefined): Decision {
	const why = whyNot(history, initial);
	if (why !== undefined) return {type: 'notApplicable', why};
	const counter = new Counter(history);
	const anomaly = counter.build() ?? counter.compare();
	if (anomaly !== undefined) return {type: 'violation', anomaly};
	return counter.isPartlyVersioned ? {type: 'notApplicable', why: 'only some answers carry a version'} : {type: 'ok'};
}

function whyNot(history: KvHistory, initial: string | undefined): string | undefined {
	if (initial !== undefined) return 'the initial value is none of a counter';
	const summands: bigint[] = [];
	for (const {input, output} of history) {
		const isTold = output === undefined || output.type === 'value' || output.type === 'number';
		if ((input.type !== 'get' && input.type !== 'increment') || !isTold) return 'the key is no counter';
		if (input.type === 'increment') summands.push(input.by);
	}
	if (summands.length === 0) return 'there are no increments';
	let below = 0n;
	for (const by of summands.sort((a, b) => (a < b ? -1 : 1))) {
		if (by <= timesMax * below || by <= 0n) return 'a sum can be made of the increments in more than one way';
		below += by;
	}
	return undefined;
}

/** A value that was seen. */
interface Sum {
	readonly value: bigint;
	/** Places of the increments that made it. */
	readonly parts: ReadonlySet<number>;
	/** The increment whose answer it is. */
	last: number | undefined;
	/** The first operation that saw it. */
	readonly witness: number;
	readonly reads: number[];
}

class Counter {
	readonly #history: KvHistory;
	/** Places of the increments, the largest summand first. */
	readonly #increments: readonly number[];
	readonly #sums = new Map<bigint, Sum>();
	/** In ascending order. */
	#order: readonly Sum[] = [];

	constructor(history: KvHistory) {
		this.#history = history;
		const increments = [...history.keys()].filter(offset => at(history, offset).input.type === 'increment');
		this.#increments = increments.sort((a, b) => (this.#by(a) > this.#by(b) ? -1 : 1));
	}

	get isPartlyVersioned(): boolean {
		const answered = this.#history.filter(({output}) => output !== undefined);
		const versioned = answered.filter(({output}) => versionOf(output) !== undefined);
		return versioned.length > 0 && versioned.length < answered.length;
	}

	/** Takes every answer apart. */
	build(): Anomaly | undefined {
		for (const [offset, {input, output}] of this.#history.entries()) {
			if (output?.type !== 'value' && output?.type !== 'number') continue;
			if ((output.type === 'number') !== (input.type === 'increment')) {
				return this.#anomaly('order', [offset], 'is no answer to what was asked');
			}
			const sum = this.#sumOf(offset, output);
			if ('detail' in sum) return sum;
			if (output.type === 'value') {
				sum.reads.push(offset);
				continue;
			}
			if (!sum.parts.has(offset)) return this.#anomaly('lostUpdate', [offset, ...sum.parts], 'is not in its own sum');
			if (sum.last !== undefined) return this.#anomaly('fork', [offset, sum.last], 'has the same sum as another one');
			sum.last = offset;
		}
		this.#order = [...this.#sums.values()].sort((a, b) => (a.value < b.value ? -1 : 1));
		return undefined;
	}

	/** The sums among each other, with the versions and with real time. */
	compare(): Anomaly | undefined {
		const placed: Placed[] = [];
		let before: Sum | undefined;
		for (const [place, sum] of this.#order.entries()) {
			const anomaly = this.#compareSums(before, sum) ?? this.#compareVersions(before, sum);
			if (anomaly !== undefined) return anomaly;
			const position = 3 * place;
			for (const part of sum.parts) {
				// Those whose outcome is unknown came in any order.
				if (before?.parts.has(part) !== true)
					placed.push({offset: part, position: part === sum.last ? position + 1 : position});
			}
			for (const read of sum.reads) placed.push({offset: read, position: position + 2});
			before = sum;
		}
		const contradiction = findContradiction(this.#history, placed);
		return contradiction && this.#contradicts(contradiction.earlier, contradiction.later);
	}

	#compareSums(before: Sum | undefined, sum: Sum): Anomaly | undefined {
		if (before === undefined) return undefined;
		const missing = [...before.parts].find(part => !sum.parts.has(part));
		if (missing !== undefined) {
			return this.#anomaly(
				'fork',
				[sum.witness, before.witness, missing],
				'belongs to another past than a smaller sum',
			);
		}
		if (sum.last === undefined || !before.parts.has(sum.last)) return undefined;
		return this.#anomaly('order', [sum.last, before.witness], 'was counted in a smaller sum already');
	}

	/** One for each sum, and greater for a greater one. */
	#compareVersions(before: Sum | undefined, sum: Sum): Anomaly | undefined {
		const version = this.#versionAt(sum.witness);
		const {last, reads} = sum;
		const differs = [...(last === undefined ? [] : [last]), ...reads].find(
			offset => (this.#versionAt(offset) ?? version) !== version,
		);
		if (differs !== undefined)
			return this.#anomaly('order', [differs, sum.witness], 'has another version than the same sum');
		const earlier = before === undefined ? 0 : this.#versionAt(before.witness);
		if (version === undefined || earlier === undefined) return undefined;
		const added = [...sum.parts].filter(part => before?.parts.has(part) !== true).length;
		// How many of unknown outcome have room is not counted beyond one: see Limits in README.md.
		if (added === 0 ? version === 0 : version >= earlier + Math.min(added, last === undefined ? 1 : 2))
			return undefined;
		const offsets = before === undefined ? [sum.witness] : [sum.witness, before.witness];
		return this.#anomaly('order', offsets, 'has a version that does not fit its sum');
	}

	#sumOf(offset: number, {value}: {readonly value: bigint | string | undefined}): Sum | Anomaly {
		const total = typeof value === 'bigint' ? value : numberIn(value);
		if (total === undefined) return this.#anomaly('phantom', [offset], 'saw what is no sum');
		const known = this.#sums.get(total);
		if (known !== undefined) return known;
		const parts = new Set<number>();
		let rest = total;
		for (const increment of this.#increments) {
			const times = rest / this.#by(increment);
			if (times === 0n) continue;
			if (times > timesMax) break;
			if (times > 1n) return this.#anomaly('duplicate', [offset, increment], `counts one increment ${times} times`);
			parts.add(increment);
			rest -= this.#by(increment);
		}
		if (rest !== 0n) return this.#anomaly('phantom', [offset], 'saw a sum that no increments make');
		const sum: Sum = {value: total, parts, last: undefined, witness: offset, reads: []};
		this.#sums.set(total, sum);
		return sum;
	}

	#by(offset: number): bigint {
		const {input} = at(this.#history, offset);
		return input.type === 'increment' ? input.by : 0n;
	}

	#versionAt(offset: number): number | undefined {
		return versionOf(at(this.#history, offset).output);
	}

	#contradicts(earlier: number, later: number): Anomaly {
		const name = nameOperation(this.#history, earlier);
		return this.#anomaly(
			typeOf(at(this.#history, earlier), at(this.#history, later)),
			[later, earlier],
			`began after ${name} had returned, and yet comes before it`,
		);
	}

	#anomaly(type: AnomalyType, offsets: readonly number[], what: string): Anomaly {
		const unique = [...new Set(offsets)];
		return {type, offsets: unique, detail: `${nameOperation(this.#history, offsets[0] as number)} ${what}.`};
	}
}

function typeOf(earlier: KvOperation, later: KvOperation): AnomalyType {
	if (later.input.type === 'get') return 'staleRead';
	return earlier.input.type === 'increment' ? 'lostUpdate' : 'order';
}

/** Of an absent key 0; `undefined` where no sum would be written so. */
function numberIn(value: string | undefined): bigint | undefined {
	if (value === undefined) return 0n;
	return /^[1-9][0-9]{0,18}$/u.test(value) ? BigInt(value) : undefined;
}
