import {setImmediate} from 'node:timers/promises';
import {setFlagsFromString} from 'node:v8';
import {runInNewContext} from 'node:vm';
import test from 'ava';
import fc from 'fast-check';
import type {Stored} from '../../src/kv/shard.js';
import {Store} from '../../src/kv/store.js';
import {runs} from './helpers.js';

type Model = Map<string, Stored>;

/** What a store holds, in arrays of its own. */
function contentOf(entries: Iterable<readonly [string, Stored]>): Model {
	const content: Model = new Map();
	for (const [key, {value, version}] of entries) {
		if (content.has(key)) throw new Error(`${key} is met twice`);
		content.set(key, {value: new Uint8Array(value), version});
	}
	return content;
}

const sorted = (model: Model): readonly unknown[] => [...model].sort(([one], [other]) => (one < other ? -1 : 1));

const filled = (length: number, byte: number): Uint8Array => new Uint8Array(length).fill(byte);

/** All in the same shard, as the store's hash has it: they share slots, and move each other's records. */
function neighbours(count: number): readonly string[] {
	const found: string[] = [];
	const wanted = placeOf('k');
	for (let number = 0; found.length < count; number += 1) {
		const key = `key ${number}`;
		if (placeOf(key) === wanted) found.push(key);
	}
	return found;
}

function placeOf(key: string): number {
	let hash = 0x811c9dc5;
	for (const character of key) hash = Math.imul(hash ^ character.charCodeAt(0), 0x01000193);
	return (hash ^ (hash >>> 16)) & 255;
}

const crowd = neighbours(40);
const every = Array.from({length: 256}, (_, byte) => String.fromCharCode(byte)).join('');
const keys = fc.oneof(
	{weight: 8, arbitrary: fc.constantFrom(...crowd)},
	fc.constantFrom('', every, '\u0000', 'other', 'k'.repeat(3000)),
);
const lengths = fc.oneof(
	{weight: 4, arbitrary: fc.integer({min: 0, max: 5})},
	fc.constantFrom(100, 101, 2047, 2048, 2049, 9000),
);

const steps = fc.oneof(
	{
		weight: 12,
		arbitrary: fc.record({type: fc.constant('set' as const), key: keys, length: lengths, byte: fc.nat({max: 255})}),
	},
	{weight: 5, arbitrary: fc.record({type: fc.constant('delete' as const), key: keys})},
	{weight: 1, arbitrary: fc.constantFrom({type: 'clear' as const}, {type: 'freeze' as const})},
	{weight: 1, arbitrary: fc.record({type: fc.constant('walk' as const), count: fc.nat({max: 30})})},
);

test('a store holds what a map of arrays holds, and a frozen one what that held then, whatever changes meanwhile', t => {
	fc.assert(
		fc.property(fc.array(steps, {maxLength: 150, size: 'max'}), script => {
			const store = new Store();
			const model: Model = new Map();
			let frozen: {wanted: Model; seen: Model; rest: Iterator<readonly [string, Stored], void, undefined>} | undefined;
			/** A snapshot copies what it is handed before anything else happens. */
			const walk = (count: number): void => {
				for (let met = 0; frozen !== undefined && met < count; met += 1) {
					const next = frozen.rest.next();
					if (next.done === true) {
						t.deepEqual(sorted(frozen.seen), sorted(frozen.wanted));
						store.thaw();
						frozen = undefined;
						return;
					}
					const [key, {value, version}] = next.value;
					frozen.seen.set(key, {value: new Uint8Array(value), version});
				}
			};
			for (const [place, step] of script.entries()) {
				switch (step.type) {
					case 'set': {
						const value = filled(step.length, step.byte);
						store.set(step.key, value, 2 ** 40 + place);
						model.set(step.key, {value: new Uint8Array(value), version: 2 ** 40 + place});
						// The store has its own copy.
						value.fill(7);
						break;
					}
					case 'delete':
						t.is(store.delete(step.key), model.delete(step.key));
						break;
					case 'clear':
						t.is(store.clear(), model.size);
						model.clear();
						break;
					case 'freeze':
						walk(Infinity);
						frozen = {wanted: new Map(model), seen: new Map(), rest: store.freeze()[Symbol.iterator]()};
						break;
					case 'walk':
						walk(step.count);
						break;
					default:
						step satisfies never;
				}
				t.is(store.size, model.size);
			}
			walk(Infinity);
			t.deepEqual(sorted(contentOf(store)), sorted(model));
			for (const key of [...crowd, '', every]) t.deepEqual(store.get(key), model.get(key));
		}),
		runs(120),
	);
});

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

test('a store under churn takes little more memory than what it holds', async t => {
	const held = (): number => process.memoryUsage().arrayBuffers;
	const store = new Store();
	collectGarbage();
	const before = held();
	const names = Array.from({length: 60_000}, (_, number) => `key:${String(number).padStart(12, '0')}`);
	let seed = 1;
	const random = (limit: number): number => (seed = (seed * 48_271) % 0x7fffffff) % limit;
	let live = 0;
	const sizes = new Map<string, number>();
	for (let round = 0; round < 400_000; round += 1) {
		const name = names[random(names.length)]!;
		// First with deletions, then without: both leave garbage.
		const length = round < 200_000 && random(8) === 0 ? 0 : 1 + random(300);
		live += length - (sizes.get(name) ?? 0);
		if (length === 0) {
			store.delete(name);
			sizes.delete(name);
		} else {
			store.set(name, filled(length, 1), round);
			sizes.set(name, length);
		}
	}
	const check = async (what: string): Promise<void> => {
		const wanted = live + sizes.size * (16 + 14 + 4 / 0.375);
		// And a page that is not full, for each shard.
		const limit = wanted * 1.4 + 256 * 2 ** 14;
		// What was collected is given back by another thread, which a busy machine may keep waiting.
		for (const deadline = performance.now() + 60_000; held() - before > limit && performance.now() < deadline;) {
			collectGarbage();
			await setImmediate();
		}
		t.true(held() - before < limit, `${held() - before} bytes for ${wanted} ${what}`);
	};
	await check('after many changes');
	for (const [name, length] of sizes) {
		if (random(20) === 0) continue;
		store.delete(name);
		sizes.delete(name);
		live -= length;
	}
	await check('after most were deleted');
	t.is(store.size, sizes.size);
	for (const [name, length] of sizes) t.is(store.get(name)?.value.length, length);
});

test('large values that come and go leave nothing behind', t => {
	const store = new Store();
	const churn = (): number => {
		for (let round = 0; round < 100_000; round += 1) store.set('k', filled(2048 + (round % 2), 1), round);
		collectGarbage();
		return process.memoryUsage().heapUsed;
	};
	// Twice: the first time compiles code, which is on the heap as well. A leak of page numbers is more than the limit.
	churn();
	const heap = churn();
	t.true(churn() < heap + 2 ** 19);
});
