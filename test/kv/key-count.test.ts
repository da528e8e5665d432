/** How many keys a store says that it has, with deadlines that are over and keys that are not deleted yet. */
import test from 'ava';
import fc from 'fast-check';
import {hashOf} from '../../src/kv/shard.js';
import {Store} from '../../src/kv/store.js';
import {bytesOf} from '../../actors/text.js';
import {runs} from './helpers.js';

/** In few shards of the 256, so that each has keys of all kinds: without a deadline, before it, and behind it. */
const keys = Array.from({length: 20_000}, (_, number) => `k${number}`).filter(name => {
	const hash = hashOf(name);
	return ((hash ^ (hash >>> 16)) & 255) < 3;
});
const key = fc.constantFrom(...keys);
const step = fc.oneof(
	{
		weight: 20,
		arbitrary: fc.record({
			type: fc.constant('set' as const),
			key,
			text: fc.constantFrom('', 'x', 'longer'),
			ttlMs: fc.option(fc.integer({min: -2, max: 60})),
		}),
	},
	{weight: 6, arbitrary: fc.record({type: fc.constant('delete' as const), key})},
	{weight: 3, arbitrary: fc.record({type: fc.constant('advance' as const), byMs: fc.nat({max: 12})})},
	{weight: 1, arbitrary: fc.record({type: fc.constantFrom('freeze' as const, 'thaw' as const, 'restore' as const)})},
	{weight: 1, arbitrary: fc.record({type: fc.constant('walk' as const), count: fc.nat({max: 200})})},
);
const script = fc.tuple(
	fc.array(step, {maxLength: 600, minLength: 300, size: 'max'}),
	fc.boolean().map(isCleared => (isCleared ? [{type: 'clear' as const}] : [])),
	fc.array(step, {maxLength: 100, size: 'max'}),
);

/** What a snapshot would carry to another replica: also keys whose deadline is over. */
function restored(store: Store): Store {
	const next = new Store();
	for (const [held, {value, version, expiresAt}] of store.freeze()) next.set(held, value, version, expiresAt);
	store.thaw();
	next.advance(store.now);
	return next;
}

const meanOf = (numbers: readonly number[]): number =>
	numbers.length === 0 ? 0 : Math.round(numbers.reduce((sum, number) => sum + number, 0) / numbers.length);

test('a store has as many keys as a walk finds, and as a map has, whatever changes between two looks', t => {
	let unlikeHeld = 0;
	let means = 0;
	fc.assert(
		fc.property(script, parts => {
			let store = new Store();
			let frozen: Iterator<unknown> | undefined;
			let now = 1000;
			store.advance(now);
			const deadlines = new Map<string, number>();
			for (const [place, each] of parts.flat().entries()) {
				switch (each.type) {
					case 'set':
						store.set(each.key, bytesOf(each.text), place + 1, each.ttlMs === null ? 0 : now + each.ttlMs);
						deadlines.set(each.key, each.ttlMs === null ? Infinity : now + each.ttlMs);
						if ((each.ttlMs ?? 1) <= 0) deadlines.delete(each.key);
						break;
					case 'delete':
						t.is(store.delete(each.key), deadlines.delete(each.key));
						break;
					case 'advance':
						now += each.byMs;
						store.advance(now);
						for (const [name, deadline] of deadlines) if (deadline <= now) deadlines.delete(name);
						break;
					case 'clear':
						t.is(store.clear(), deadlines.size);
						deadlines.clear();
						break;
					case 'freeze':
						store.thaw();
						frozen = store.freeze()[Symbol.iterator]();
						break;
					case 'walk':
						for (let count = 0; count < each.count; count += 1) frozen?.next();
						break;
					case 'thaw':
					case 'restore':
						store.thaw();
						frozen = undefined;
						if (each.type === 'restore') store = restored(store);
						break;
					default:
						each satisfies never;
				}
				if (store.size !== deadlines.size) t.fail(`${store.size} and not ${deadlines.size} keys after step ${place}`);
				const {count, meanMs} = store.expiring;
				const left = [...deadlines.values()].filter(deadline => deadline < Infinity).map(deadline => deadline - now);
				if (count !== left.length) t.fail(`${count} and not ${left.length} keys with a deadline after step ${place}`);
				if (store.heldCount !== store.size) unlikeHeld += 1;
				else if (meanMs !== meanOf(left)) t.fail(`${meanMs} and not ${meanOf(left)} ms on average after step ${place}`);
				else if (left.length > 1) means += 1;
			}
			t.is([...store].length, deadlines.size);
		}),
		runs(60),
	);
	t.true(unlikeHeld > 1000, 'keys whose deadline is over were held meanwhile');
	t.true(means > 1000, 'the mean of several deadlines was compared');
});
