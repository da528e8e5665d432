/**
 * What a simulated client asks for next. Every write names its operation, by its value or by the number that it adds, so no
 * two are alike (see `tokenOf`).
 *
 * Keys that begin with `k` see only what the checker of histories has words for; counters (`n`), others (`b`), the many keys of
 * a large store (`f`) and those whose absence is watched (`w`) see everything.
 */
import type {Random} from '../../base/random.js';
import {scanEnd} from '../../kv/scan-position.js';
import type {
	ChangesRead,
	Expected,
	Expiry,
	Key,
	Operation,
	Part,
	ReadOperation,
	Result,
	ScanPosition,
	Value,
	ValueCondition,
	Version,
	WriteOperation,
} from '../../kv/types.js';
import {editsNamed} from './known-edits.js';
import {scriptNamed} from './known-scripts.js';
import {modelKey, modelName} from './model-database.js';
import {nameEnd} from './operation-text.js';
import {type Mix, waitMsMax, type Workload} from '../parameters.js';
import type {Wanted} from '../subject.js';

type Kind = keyof Mix;

/** The name of an operation: its client, and which of this client's it is. */
export interface OperationName {
	readonly client: number;
	readonly count: number;
}

export const textOfName = ({client, count}: OperationName): string => `${client}.${count}${nameEnd}`;

const watchedPrefixes = ['', 'k', 'b', 'f', 'n', modelKey(1, ''), undefined] as const;

/** Clients are fewer. */
const clientsMax = 64;

export class KvOperations {
	readonly #workload: Workload;
	readonly #random: Random;
	readonly #kinds: readonly Kind[];
	readonly #weights: readonly number[];
	readonly #sum: number;
	/** What this client last saw of a key, for compare-and-set. */
	readonly #seen = new Map<Key, {readonly value: Value | undefined; readonly version: number}>();
	/** What this client last saw of a key's time. */
	readonly #deadlines = new Map<Key, number>();
	#scanFrom: ScanPosition = 0;
	/** By prefix: up to where this client has been told all changes. */
	readonly #toldThrough = new Map<Key, Version>();
	/** The revision from which on this client watches a key. */
	readonly #watches = new Map<Key, Version>();
	/** Leases that this client was granted. */
	readonly #leases = new Set<number>();
	/** The last of them that was over when it was asked for. */
	#goneLease: number | undefined;
	/** Appending has made these long: the next write begins anew. */
	readonly #long = new Set<Key>();

	constructor(workload: Workload, random: Random) {
		this.#workload = workload;
		this.#random = random;
		this.#kinds = Object.keys(workload.mix) as Kind[];
		this.#weights = this.#kinds.map(kind => workload.mix[kind]);
		this.#sum = this.#weights.reduce((sum, weight) => sum + weight, 0);
	}

	next(name: OperationName, wanted: Wanted = 'any'): Operation {
		const random = this.#random;
		const kind = this.#drawKind(wanted);
		if (kind === 'batch') return this.#batch(name);
		if (kind === 'fill') return this.#fill(name);
		if (kind === 'transaction')
			return random.chance(0.3) ? this.#watching(name) : this.#scriptOr(this.#transaction(name), name);
		if (kind === 'expire') return this.#expiring(name);
		if (kind === 'scan') return this.#scan(name);
		if (kind === 'watch') return this.#watch();
		if (kind === 'lease') return this.#leasing(name);
		if (kind === 'clear') return this.#clear(name);
		const isOther = kind === 'conditionalPut' || kind === 'increment' || random.chance(kind === 'get' ? 0.1 : 0.15);
		return this.#operation(kind, isOther ? this.#otherKey(kind) : this.#key(), name);
	}

	/** Goes on where the last answer ended, or begins anew. */
	#scan(name: OperationName): ReadOperation {
		const random = this.#random;
		if (random.chance(0.15)) return countOf(numberOf(name) % 3);
		const prefix = random.pick([undefined, undefined, '', 'k', 'b', 'f', 'f1', modelKey(1, ''), modelKey(2, 'b')]);
		const lookedAtMax = random.pick([1, 5, 40, 1000]);
		const to = random.chance(0.2) ? random.integer(0, scanEnd - 1) : undefined;
		return {type: 'scan', from: this.#scanFrom, to, prefix, lookedAtMax, hasValues: random.chance(0.3)};
	}

	/** Goes on from the last answer; now and then from an earlier one, as who has not asked for long. */
	#watch(): Operation {
		const random = this.#random;
		if (random.chance(this.#toldThrough.size === 0 ? 0.7 : 0.1)) return {type: 'keepChanges'};
		const prefix = random.pick(watchedPrefixes);
		const waitMs = random.pick([0, 5, 50, 500, waitMsMax]);
		const through = this.#toldThrough.get(prefix ?? everywhere);
		const isLate = through !== undefined && random.chance(0.1);
		const after = isLate ? random.integer(0, through) : through;
		if (prefix === undefined) return {type: 'changes', after, waitMs, ofAllDatabases: true};
		return {type: 'changes', after, prefix, waitMs};
	}

	/** Takes note of an answer. */
	learn(operation: Operation, result: Result): void {
		if (operation.type === 'changes') this.#learnChanges(operation, result);
		if (operation.type === 'keepChanges' && result.type === 'changes') {
			for (const prefix of watchedPrefixes) this.#learnChanges({prefix}, result);
		}
		if (result.type === 'keys') this.#scanFrom = result.next ?? 0;
		if (operation.type === 'transaction' && result.type === 'transaction') {
			const parts = result.isCommitted ? operation.operations : (operation.otherwise ?? []);
			for (const [place, part] of parts.entries()) this.learn(part, result.results[place] as Result);
			for (const key of operation.watched ?? []) this.#watches.set(key, result.revision);
		}
		this.#learnLease(operation, result);
		if (!('key' in operation)) return;
		if (result.type === 'value' && result.expiresAt !== undefined) this.#deadlines.set(operation.key, result.expiresAt);
		if (result.type === 'value' || result.type === 'conditionFailed') {
			this.#seen.set(operation.key, {value: result.value, version: result.version});
			if ((result.value?.length ?? 0) > longValueBytes) this.#long.add(operation.key);
		} else if (result.type === 'written') {
			if (result.length > longValueBytes) this.#long.add(operation.key);
			const value = operation.type === 'append' ? undefined : 'value' in operation ? operation.value : undefined;
			this.#seen.set(operation.key, {value, version: result.version});
		} else if (result.type === 'deleted') {
			this.#seen.set(operation.key, {value: undefined, version: 0});
		}
	}

	#learnChanges({prefix = everywhere}: Pick<ChangesRead, 'prefix'>, result: Result): void {
		if (result.type === 'compacted') this.#toldThrough.delete(prefix);
		else if (result.type === 'changes') {
			this.#toldThrough.set(prefix, Math.max(this.#toldThrough.get(prefix) ?? 0, result.revision));
		}
	}

	#learnLease(operation: Operation, result: Result): void {
		if (operation.type === 'lease' && result.type === 'lease') {
			if (operation.action === 'grant') this.#leases.add(result.leaseId);
			else if (!result.isThere || operation.action === 'revoke') this.#noteGone(operation.leaseId);
		} else if (result.type === 'invalid' && result.reason === 'noSuchLease' && operation.type === 'put') {
			const {expiry} = operation;
			if (typeof expiry === 'object' && 'leaseId' in expiry) this.#noteGone(expiry.leaseId);
		}
	}

	#noteGone(leaseId: number): void {
		this.#leases.delete(leaseId);
		this.#goneLease = leaseId;
	}

	/** Something that has to do with a lease of this client's. */
	#leasing(name: OperationName): WriteOperation {
		const random = this.#random;
		// They are kept alive, and several operations fit into their time.
		const ttlMs = random.integer(1, 10 * this.#workload.ttlMsMax);
		if (this.#leases.size < 2 || random.chance(0.1)) return {type: 'lease', action: 'grant', ttlMs};
		const isGone = this.#goneLease !== undefined && random.chance(0.1);
		const leaseId = isGone ? (this.#goneLease as number) : random.pick([...this.#leases]);
		if (random.chance(0.3)) return {type: 'lease', action: 'keepAlive', leaseId};
		if (random.chance(0.15)) return {type: 'lease', action: 'revoke', leaseId};
		// As with deadlines: with transactions keys are judged together.
		const key = this.#workload.mix.transaction === 0 && random.chance(0.5) ? this.#key() : this.#otherKey('put');
		const put = {type: 'put', key, value: this.#value(key, name), expiry: {leaseId}} as const;
		if (random.chance(0.8)) return put;
		const others = Array.from({length: random.integer(1, 200)}, (_, place): Part => {
			const value = padded(textOfName(name), 8);
			return {type: 'put', key: `f${place}`, value, expiry: {leaseId}};
		});
		return {type: 'batch', operations: [...others, {...put, key: 'b0', value: padded(textOfName(name), 8)}]};
	}

	/** A key that is there for a while; of those that the checker knows nothing else is asked that has to do with time. */
	#expiring(name: OperationName): WriteOperation {
		const random = this.#random;
		const ttlMs = random.integer(1, this.#workload.ttlMsMax);
		// With transactions keys are judged together, and several that are over at one revision would be as many changes of it.
		const isSingle = this.#workload.mix.transaction === 0 && random.chance(0.5);
		const key = isSingle ? this.#key() : this.#otherKey('put');
		const value = this.#value(key, name);
		if (key.startsWith('k') || random.chance(0.4)) return {type: 'put', key, value, expiry: {ttlMs}};
		const expiry = this.#expiry(key, ttlMs);
		if (random.chance(0.4)) return {type: 'put', key, value, returnPrevious: true, expiry: expiry ?? 'keep'};
		const condition = random.pick([undefined, undefined, 'absent', 'present'] as const);
		const order = random.pick([undefined, undefined, 'later', 'earlier'] as const);
		// Beside a put that has a name: see `tokenOf`.
		const named = {type: 'put', key: 'b0', value: padded(textOfName(name), 8)} as const;
		return {type: 'batch', operations: [{type: 'expire', key, expiry: expiry ?? 'never', condition, order}, named]};
	}

	/** `undefined`: none, or the one that there is. A time of its own is near one that was seen, or long over. */
	#expiry(key: Key, ttlMs: number): Expiry | undefined {
		const kind = this.#random.integer(0, 3);
		if (kind === 0) return undefined;
		const seen = this.#deadlines.get(key);
		if (kind === 1 || seen === undefined) return kind === 3 ? {expiresAt: 1} : {ttlMs};
		return {expiresAt: Math.max(1, seen + this.#random.integer(-1, 1) * ttlMs)};
	}

	#operation(
		kind: Exclude<Kind, 'batch' | 'fill' | 'transaction' | 'expire' | 'scan' | 'lease' | 'watch' | 'clear'>,
		key: Key,
		name: OperationName,
	): Part {
		switch (kind) {
			case 'get':
				return {type: 'get', key};
			case 'put':
				return {type: 'put', key, value: this.#value(key, name)};
			case 'append':
				if (this.#long.delete(key)) return {type: 'put', key, value: this.#value(key, name)};
				return {type: 'append', key, value: this.#value(key, name)};
			case 'compareAndSet':
				return {type: 'compareAndSet', key, expected: this.#expected(key), value: this.#value(key, name)};
			case 'conditionalPut': {
				const condition = this.#random.pick(['absent', 'present', undefined] as const);
				const returnPrevious = condition === undefined || this.#random.chance(0.4);
				return {type: 'put', key, value: this.#value(key, name), condition, returnPrevious};
			}
			case 'delete':
				return {type: 'delete', key};
			case 'increment':
				return {type: 'increment', key, by: this.#summand(name)};
			default:
				return kind satisfies never;
		}
	}

	#drawKind(wanted: Wanted): Kind {
		if (wanted === 'reads') return 'get';
		const kind = this.#drawAnyKind();
		return wanted === 'writes' && (kind === 'get' || kind === 'scan' || kind === 'watch') ? 'put' : kind;
	}

	#drawAnyKind(): Kind {
		let rest = this.#random.float() * this.#sum;
		for (const [place, weight] of this.#weights.entries()) {
			rest -= weight;
			if (rest < 0) return this.#kinds[place] as Kind;
		}
		return 'get';
	}

	#key(): Key {
		const {keys, hotKey} = this.#workload;
		return this.#random.chance(hotKey) ? 'k0' : `k${this.#random.integer(0, keys - 1)}`;
	}

	/** Mostly counters are incremented, and nothing else is done to them: one that holds a word is good for one answer only. */
	#otherKey(kind: Kind): Key {
		const isCounter = this.#random.chance(kind === 'increment' ? 0.9 : kind === 'get' || kind === 'delete' ? 0.5 : 0.1);
		return isCounter ? `n${this.#random.integer(0, 1)}` : `b${this.#random.integer(0, 2)}`;
	}

	#expected(key: Key): Expected {
		const seen = this.#seen.get(key) ?? {value: undefined, version: 0};
		if (this.#random.chance(0.15)) return this.#random.chance(0.5) ? {version: 0} : {value: undefined};
		return this.#random.chance(0.5) ? {version: seen.version} : {value: seen.value};
	}

	#value(key: Key, name: OperationName): Value {
		if (modelName(key).startsWith('n')) return padded(String(numberOf(name)), 0);
		const {valueBytes, bigValueBytes, bigValues} = this.#workload;
		const length = bigValues > 0 && this.#random.chance(bigValues) ? bigValueBytes : valueBytes;
		return padded(textOfName(name), length);
	}

	/** A number that only this operation adds; now and then one that is too much. */
	#summand(name: OperationName): bigint {
		const number = BigInt(numberOf(name));
		if (this.#random.chance(0.05)) return this.#random.chance(0.5) ? 2n ** 63n - number : number - 2n ** 63n;
		return this.#random.chance(0.3) ? -number : number;
	}

	#batch(name: OperationName): WriteOperation {
		const kinds = ['get', 'get', 'put', 'append', 'compareAndSet', 'conditionalPut', 'delete', 'increment'] as const;
		const others = Array.from({length: this.#random.integer(1, 3)}, () => {
			const kind = this.#random.pick(kinds);
			return this.#operation(kind, modelKey(numberOf(name) % 3, this.#otherKey(kind)), name);
		});
		const key = `b${this.#random.integer(0, 2)}`;
		const named: Part = {type: 'put', key, value: padded(textOfName(name), 8)};
		// In place of the others, and by the name: so nothing else is drawn for them.
		return {type: 'batch', operations: [...(numberOf(name) % 2 === 0 ? others : editsNamed(numberOf(name))), named]};
	}

	/** On the keys whose histories are checked: it tells where in the order of all of them it stands. */
	#transaction(name: OperationName): Extract<WriteOperation, {type: 'transaction'}> {
		const random = this.#random;
		const kinds = ['get', 'get', 'put', 'append', 'compareAndSet', 'delete'] as const;
		const compares = Array.from({length: random.integer(0, 3)}, () => {
			const key = this.#key();
			return {key, expected: this.#expected(key), isNegated: random.chance(0.15)};
		});
		const others = Array.from({length: random.integer(1, 3)}, () =>
			this.#operation(random.pick(kinds), this.#key(), name),
		);
		const key = this.#key();
		return {
			type: 'transaction',
			compares,
			operations: [...others, {type: 'put', key, value: this.#value(key, name)}],
			otherwise: random.chance(0.4) ? [this.#operation('get', this.#key(), name)] : [],
		};
	}

	/** Some in place of a transaction: so nothing else is drawn for them, and runs without them stay as they are. */
	#scriptOr(transaction: Extract<WriteOperation, {type: 'transaction'}>, name: OperationName): WriteOperation {
		const last = transaction.operations.at(-1);
		if (last?.type !== 'put') return transaction;
		const {key} = last;
		// Short: one that is too large fails in another way.
		const value = padded(textOfName(name), 8);
		switch (name.count % 6) {
			case 0:
				return scriptNamed('swap', key, [this.#seen.get(key)?.value ?? new Uint8Array(0), value]);
			case 2:
				return scriptNamed('fail', key, [value]);
			case 4: {
				const counter = modelKey(numberOf(name) % 3, `n${name.count % 2}`);
				const ttlMs = String(1 + (numberOf(name) % this.#workload.ttlMsMax));
				return scriptNamed('count', counter, [padded(String(numberOf(name)), 0), padded(ttlMs, 0)]);
			}
			default:
				return transaction;
		}
	}

	/** Begins to watch keys that are mostly absent, or makes one if it was not there since, and mostly takes it away again. */
	#watching(name: OperationName): WriteOperation {
		const random = this.#random;
		// Named: see `tokenOf`.
		const named = {type: 'put', key: 'b0', value: padded(textOfName(name), 8)} as const;
		const key = modelKey(numberOf(name) % 3, `w${random.integer(0, 2)}`);
		const since = this.#watches.get(key);
		if (since === undefined || random.chance(0.4)) {
			const watched = random.chance(0.3) ? [key, `w${random.integer(0, 2)}`] : [key];
			return {type: 'transaction', compares: [], operations: [named], otherwise: [], watched};
		}
		const put = {type: 'put', key, value: padded(textOfName(name), 8)} as const;
		const seen = this.#seen.get(key)?.value ?? put.value;
		const condition: ValueCondition = random.chance(0.5) ? {is: seen} : {isNot: seen};
		const made: readonly Part[] = random.pick([
			[put, {type: 'delete', key}],
			[put, {type: 'delete', key, condition}],
			[
				{type: 'put', key, value: put.value, condition},
				{type: 'delete', key},
			],
			[put],
		] as const);
		return {
			type: 'transaction',
			compares: [{key, expected: {absentSince: since}, isNegated: random.chance(0.15)}],
			operations: [...made, named],
			otherwise: random.chance(0.5) ? [{type: 'delete', key}] : [],
		};
	}

	/** In runs of which nothing is checked but by the log. */
	#clear(name: OperationName): WriteOperation {
		switch (numberOf(name) % 5) {
			case 0:
				return {type: 'clear', database: 1};
			case 1:
				return {type: 'clear', database: 'all'};
			case 2:
			case 3: {
				const values = ['0', '1'].map(text => padded(text, 0));
				const named: Part = {type: 'put', key: 'b0', value: padded(textOfName(name), 8)};
				return {type: 'batch', operations: [{type: 'edit', name: 'swapdb', keys: [], values}, named]};
			}
			default:
				return {type: 'clear'};
		}
	}

	/** Many keys at once: what is kept in pages, shards and chunks has more than one of them. */
	#fill(name: OperationName): WriteOperation {
		const first = this.#random.integer(0, 19) * 100;
		const isExpiring = this.#workload.mix.expire > 0 && this.#random.chance(0.5);
		const expiry = isExpiring ? {ttlMs: this.#random.integer(1, this.#workload.ttlMsMax)} : undefined;
		const operations = Array.from({length: this.#random.integer(100, 400)}, (_, place): Part => {
			const key = `f${first + place}`;
			if (this.#random.chance(0.05)) return {type: 'delete', key};
			const value = padded(textOfName(name), 8);
			return expiry === undefined ? {type: 'put', key, value} : {type: 'put', key, value, expiry};
		});
		return {type: 'batch', operations: [...operations, {type: 'put', key: 'f0', value: padded(textOfName(name), 8)}]};
	}
}

const longValueBytes = 400;

/** As a prefix: all keys of all databases. */
const everywhere = '*';

const countOf = (database: number): ReadOperation => (database === 0 ? {type: 'count'} : {type: 'count', database});

const numberOf = ({client, count}: OperationName): number => count * clientsMax + client + 1;

export function padded(name: string, length: number): Value {
	const bytes = new Uint8Array(Math.max(length, name.length)).fill(46);
	for (let offset = 0; offset < name.length; offset++) bytes[offset] = name.charCodeAt(offset);
	return bytes;
}
