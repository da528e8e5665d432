/** Small random histories of one key: a true execution on a simulated store, then damaged in the ways that real stores fail. */
import type {KvHistory, KvKeyInput, KvOperation, KvResult} from '../../src/linearizability/kv-operation.js';
import {increase} from '../../src/linearizability/models/key-effect.js';
import {unreachable} from '../../src/base/errors.js';

type Kind = KvKeyInput['type'] | 'putIfAbsent' | 'putIfPresent';

export interface RandomHistoryOptions {
	readonly operations: readonly Kind[];
	readonly count: number;
	readonly clients: number;
	/** `unique`: each written value is new; otherwise drawn from so many. */
	readonly values: 'unique' | number;
	/** What values are drawn from, unless they are unique. @default the first letters */
	readonly letters?: string;
	/** `digits`: each summand is four times the one before it. @default ones, up and down */
	readonly increments?: 'digits';
	readonly isVersioned: boolean;
	/** Chance that an operation's outcome is unknown. */
	readonly unknown: number;
	/** Chance that an answer is damaged. */
	readonly damage: number;
	/** A refused compare-and-set tells what it saw. */
	readonly tellsOnRefusal: boolean;
}

/** Numbers in [0, 1): mulberry32. */
export function randomFrom(seed: number): () => number {
	let state = seed >>> 0;
	return () => {
		state = (state + 0x6d2b79f5) >>> 0;
		let mixed = Math.imul(state ^ (state >>> 15), state | 1);
		mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
	};
}

/** When an operation is under way, and what becomes of it. */
export interface Draft {
	readonly process: string;
	readonly call: number;
	readonly return: number;
	/** When it takes effect in truth. */
	readonly effect: number;
	readonly isUnknown: boolean;
	readonly happens: boolean;
}

export function randomHistory(options: RandomHistoryOptions, random: () => number): KvHistory {
	const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
	const drafts = draftTimes(options, random);
	const store = new Store(options, random);
	const done: (KvOperation | undefined)[] = drafts.map(() => undefined);
	const byEffect = drafts.map((_, place) => place).sort((a, b) => drafts[a]!.effect - drafts[b]!.effect);
	for (const place of byEffect) {
		const {process, call, return: end, isUnknown, happens} = drafts[place] as Draft;
		const input = store.input(pick(options.operations));
		const output = happens ? store.apply(input) : undefined;
		done[place] = isUnknown
			? {process, call, return: Infinity, input, output: undefined}
			: {process, call, return: end, input, output};
	}
	return done.filter(operation => operation !== undefined);
}

/** In the order in which they are drawn; not that of their effects. */
export function draftTimes(
	{count, clients, unknown}: Pick<RandomHistoryOptions, 'count' | 'clients' | 'unknown'>,
	random: () => number,
): Draft[] {
	const free = Array.from({length: clients}, () => 0);
	let names = clients;
	const processes = free.map((_, client) => String(client));
	return Array.from({length: count}, () => {
		const client = Math.floor(random() * clients);
		// Coarse times, so that some events coincide.
		const call = Math.round((free[client] as number) + random() * 4);
		const end = Math.round(call + random() * 10);
		free[client] = end + 1;
		const isUnknown = random() < unknown;
		const process = processes[client] as string;
		if (isUnknown) processes[client] = String(names++);
		const effect = isUnknown ? call + random() * 30 : call + random() * (end - call);
		return {process, call, return: end, effect, isUnknown, happens: !isUnknown || random() < 0.5};
	});
}

class Store {
	readonly #options: RandomHistoryOptions;
	readonly #random: () => number;
	readonly #past: {readonly value: string | undefined; readonly version: number}[] = [{value: undefined, version: 0}];
	#written = 0;
	#index = 0;

	constructor(options: RandomHistoryOptions, random: () => number) {
		this.#options = options;
		this.#random = random;
	}

	input(type: Kind): KvKeyInput {
		const key = '';
		switch (type) {
			case 'get':
			case 'delete':
				return {type, key};
			case 'putIfAbsent':
			case 'putIfPresent':
				return {type: 'put', key, value: this.#fresh(), condition: type === 'putIfAbsent' ? 'absent' : 'present'};
			case 'increment':
				return {type, key, by: this.#summand()};
			case 'put':
			case 'append':
				return {type, key, value: this.#fresh()};
			case 'compareAndSet': {
				const {value, version} = this.#chance(0.6) ? this.#now : this.#any();
				const byVersion = this.#options.isVersioned && this.#chance(0.4);
				return {type, key, expected: byVersion ? {version} : {value}, value: this.#fresh()};
			}
			default:
				return unreachable(type);
		}
	}

	apply(input: KvKeyInput): KvResult {
		const damaged = this.#chance(this.#options.damage);
		// What goes wrong: the effect is lost, or happens twice; or the answer is of another moment.
		if (damaged && input.type !== 'get' && this.#chance(0.5)) {
			const output = this.#run(input, this.#now);
			if (this.#chance(0.5) && this.#past.length > 1) this.#past.pop();
			else if (input.type === 'append' || input.type === 'increment') this.#run(input, this.#now);
			return output;
		}
		return this.#run(input, damaged ? this.#any() : this.#now);
	}

	#run(input: KvKeyInput, seen: {readonly value: string | undefined; readonly version: number}): KvResult {
		const version = this.#options.isVersioned ? seen.version : undefined;
		switch (input.type) {
			case 'get':
				return {type: 'value', value: seen.value, version};
			case 'put': {
				if (input.condition !== undefined && (input.condition === 'present') !== (seen.value !== undefined)) {
					return this.#refuse(seen);
				}
				const result = this.#write(input.value);
				if (input.condition === undefined || this.#chance(0.5)) return result;
				return {type: 'written', version: result.version, previous: {value: seen.value}};
			}
			case 'increment': {
				const sum = increase(seen.value, input.by);
				if (typeof sum === 'string') return {type: 'invalid', reason: sum, version};
				return {type: 'number', value: sum, version: this.#write(String(sum)).version};
			}
			case 'append':
				return this.#write((seen.value ?? '') + input.value);
			case 'delete': {
				if (seen.value === undefined)
					return {type: 'deleted', existed: this.#chance(0.5) ? false : undefined, version: undefined};
				this.#write(undefined);
				this.#past[this.#past.length - 1] = {value: undefined, version: 0};
				const made = this.#options.isVersioned ? this.#index : undefined;
				return {type: 'deleted', existed: this.#chance(0.5) ? true : undefined, version: made};
			}
			case 'compareAndSet': {
				const met =
					'version' in input.expected ? input.expected.version === seen.version : input.expected.value === seen.value;
				return met ? this.#write(input.value) : this.#refuse(seen);
			}
			default:
				return unreachable(input);
		}
	}

	#refuse({value, version}: {readonly value: string | undefined; readonly version: number}): KvResult {
		const {tellsOnRefusal, isVersioned} = this.#options;
		const observed = tellsOnRefusal ? {value} : undefined;
		return {type: 'conditionFailed', observed, version: tellsOnRefusal && isVersioned ? version : undefined};
	}

	#write(value: string | undefined): Extract<KvResult, {type: 'written'}> {
		this.#index += 1 + Math.floor(this.#random() * 2);
		this.#past.push({value, version: this.#index});
		return {type: 'written', version: this.#options.isVersioned ? this.#index : undefined};
	}

	get #now(): {readonly value: string | undefined; readonly version: number} {
		return this.#past.at(-1) as {value: string | undefined; version: number};
	}

	#any(): {readonly value: string | undefined; readonly version: number} {
		return this.#past[Math.floor(this.#random() * this.#past.length)] as {value: string | undefined; version: number};
	}

	#summand(): bigint {
		if (this.#options.increments === 'digits') return 4n ** BigInt(this.#written++);
		return this.#chance(0.7) ? 1n : -1n;
	}

	#fresh(): string {
		const {values} = this.#options;
		if (values === 'unique') return `<${this.#written++}>`;
		return (this.#options.letters ?? 'abcdefgh')[Math.floor(this.#random() * values)] as string;
	}

	#chance(probability: number): boolean {
		return this.#random() < probability;
	}
}
