/** A user's machine in the simulator: the ledger of the examples, whole and with bugs planted in it. */
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {pathToFileURL} from 'node:url';
import test from 'ava';
import {codec} from '../../actors/codec/codec.js';
import {defineMachine} from '../../actors/machine/index.js';
import {
	simulate,
	SimulationOptionError,
	shrink,
	type DrawnOperation,
	type Machine,
} from '../../actors/simulate/index.js';
import ledger, {draw, invariant} from '../../examples/ledger-simulation.js';
import type {LedgerTypes} from '../../examples/ledger.js';
import type {simulate as simulateWith} from '../../src/simulation/simulate.js';
import {buildMutant} from '../mutants/build-mutant.js';
import {mutants} from '../mutants/catalogue.js';
import {applyPatch} from '../mutants/mutant.js';

const directory = mkdtempSync(path.join(tmpdir(), 'ledger-'));
test.after.always(() => rmSync(directory, {recursive: true, force: true}));

const source = readFileSync(new URL('../../examples/ledger.js', import.meta.url), 'utf8').replace(
	"'threadraft/machine'",
	`'${new URL('../../actors/machine/index.js', import.meta.url).href}'`,
);
let copies = 0;

/** The ledger with these changes of its text. */
async function planted(
	...changes: readonly (readonly [find: string, replace: string])[]
): Promise<Machine<LedgerTypes>> {
	let text = source;
	for (const [find, replace] of changes) text = applyPatch(text, {file: 'ledger', find, replace}, 'ledger');
	copies += 1;
	const file = path.join(directory, `ledger-${copies}.mjs`);
	writeFileSync(file, text);
	const {default: machine} = (await import(pathToFileURL(file).href)) as {readonly default: Machine<LedgerTypes>};
	return machine;
}

interface Found {
	readonly invariant: string;
	readonly detail: string;
	/** Tried, the one that found it included. */
	readonly seeds: number;
}

/** The first violation in so many seeds. */
function hunt(machine: Machine<LedgerTypes>, seedsMax = 5): Found | undefined {
	for (let seed = 1; seed <= seedsMax; seed++) {
		const {violation} = simulate({seed, machine, draw, invariant});
		if (violation !== undefined) return {...violation, seeds: seed};
	}
	return undefined;
}

test('the ledger breaks nothing, serves its clients, and goes through snapshots and restarts', t => {
	const sums = {done: 0, writes: 0, reads: 0, restarts: 0, installs: 0};
	for (let seed = 1; seed <= 5; seed++) {
		const {violation, verdict, counts, coverage} = simulate({seed, machine: ledger, draw, invariant});
		t.is(violation, undefined, `seed ${seed}`);
		t.is(verdict, 'ok');
		sums.done += counts.done;
		sums.writes += coverage['machine: write run']!;
		sums.reads += coverage['machine: read answered']!;
		sums.restarts += coverage['machine: restart from its own snapshot']!;
		sums.installs += coverage['service: installSnapshot']!;
	}
	t.true(sums.done > 500);
	t.true(sums.writes > 300);
	t.true(sums.reads > 100);
	t.true(sums.restarts > 30);
	t.true(sums.installs > 0);
});

test('the same seed of a machine gives the same run, bit for bit', t => {
	const run = () => simulate({seed: 3, durationMs: 4000, machine: ledger, draw, invariant});
	t.is(run().traceHash, run().traceHash);
});

test('an apply with chance of its own breaks the invariant machineDeterminism', async t => {
	const machine = await planted(['ledger.transfers += 1;', 'ledger.transfers += 1 + Math.floor(Math.random() * 1e6);']);
	t.like(hunt(machine), {invariant: 'machineDeterminism'});
});

test('an apply that counts in the module, which replicas do not share, breaks the invariant machineDeterminism', async t => {
	const machine = await planted(
		['ledger.transfers += 1;', 'ledger.transfers = count += 1;'],
		['function transfer(', 'let count = 0; function transfer('],
	);
	t.like(hunt(machine), {invariant: 'machineDeterminism'});
});

test('a snapshot without the empty accounts, of which no hash tells, breaks the invariant machineSnapshot', async t => {
	const machine = await planted([
		'[transfers, ...accounts],',
		'[transfers, ...[...accounts].filter(([, c]) => c > 0)],',
	]);
	t.like(hunt(machine), {invariant: 'machineSnapshot'});
});

test('a restored ledger that begins to count anew breaks the invariant machineSnapshot', async t => {
	const machine = await planted(['accounts: new Map(pairs), transfers }', 'accounts: new Map(pairs), transfers: 0 }']);
	t.like(hunt(machine), {invariant: 'machineSnapshot'});
});

/** The ledger keeps its total, which no snapshot has. */
const withTotal = [
	['accounts: new Map(), transfers: 0 }', 'accounts: new Map(), transfers: 0, total: 0 }'],
	['return open(ledger, write.account, write.cents);', 'return openAndAdd(ledger, write);'],
	[
		'function transfer(',
		'const openAndAdd = (ledger, {account, cents}) => { const result = open(ledger, account, cents); if (result.type === "done") ledger.total += cents; return result; }; function transfer(',
	],
	['read: ({ accounts }, read)', 'read: ({ accounts, total }, read)'],
	['for (const balance of accounts.values()) cents += balance;', 'cents = total;'],
	['accounts: new Map(pairs), transfers }', 'accounts: new Map(pairs), transfers, total: 0 }'],
] as const;

test('an answer that is wrong only after a restart breaks the invariant machineSnapshot', async t => {
	const machine = await planted(...withTotal);
	t.like(hunt(machine), {invariant: 'machineSnapshot'});
});

test('a transfer that the account cannot pay breaks the invariant machineInvariant', async t => {
	const machine = await planted(['if (held < cents)', 'if (held < -1000)']);
	const found = hunt(machine);
	t.like(found, {invariant: 'machineInvariant'});
	t.regex(found!.detail, /owes -\d+ cents/);
});

test('a transfer to oneself that makes money breaks the invariant machineInvariant', async t => {
	const machine = await planted([
		'accounts.set(from, held - cents); accounts.set(to, (accounts.get(to) ?? 0) + cents);',
		'const had = accounts.get(to); accounts.set(from, held - cents); accounts.set(to, had + cents);',
	]);
	const found = hunt(machine);
	t.like(found, {invariant: 'machineInvariant'});
	t.regex(found!.detail, /money was made or lost/);
});

test('a machine or an invariant that throws is a violation, and does not end the simulator', async t => {
	const machine = await planted([
		'ledger.transfers += 1;',
		'if ((ledger.transfers += 1) > 3) throw new Error("full");',
	]);
	t.like(hunt(machine), {invariant: 'noCrash'});
	const fails = (): string => {
		throw new Error('no idea');
	};
	t.like(simulate({seed: 1, machine: ledger, draw, invariant: fails}).violation, {invariant: 'noCrash'});
});

test('a read that changes the state is found', async t => {
	const machine = await planted([
		'read: ({ accounts }, read) => {',
		'read: (ledger, read) => { ledger.transfers += 1; const {accounts} = ledger;',
	]);
	const found = hunt(machine);
	t.true(['machineDeterminism', 'machineSnapshot', 'sameState'].includes(found!.invariant), found?.invariant);
});

/** Bugs of the service, which the judges of a machine must see as those of keys and values do. */
const serviceBugs = [
	['no-duplicate-check', 3],
	['reads-from-local-state', 9],
] as const;

for (const [id, firstSeed] of serviceBugs) {
	test(`with the ledger as the machine, the planted bug ${id} of the service is found`, async t => {
		const mutant = mutants.find(one => one.id === id)!;
		const {simulator} = buildMutant(mutant, path.join(directory, id));
		const copy = (await import(simulator)) as {readonly simulate: typeof simulateWith};
		for (let seed = firstSeed; seed < firstSeed + 10; seed++) {
			const {violation} = copy.simulate({seed, codec, machine: ledger, draw, invariant});
			if (violation === undefined) continue;
			t.log(`${violation.invariant}, seed ${seed}`);
			t.pass();
			return;
		}
		t.fail('no seed finds it');
	});
}

test('a failing run of a machine is made smaller', async t => {
	const machine = await planted(['if (held < cents)', 'if (held < -1000)']);
	const options = {seed: 1, machine, draw, invariant} as const;
	const {result} = shrink(options, simulate(options), {runsMax: 10});
	t.is(result.violation?.invariant, 'machineInvariant');
	t.true(result.faults.events.length <= simulate(options).faults.events.length);
});

test('a machine without reads, and one without writes, run too', t => {
	t.true(
		simulate({
			seed: 1,
			durationMs: 2000,
			machine: ledger,
			draw: (): DrawnOperation<LedgerTypes> => ({write: {type: 'open', account: 'a', cents: 1}}),
		}).ok,
	);
	t.true(
		simulate({
			seed: 1,
			durationMs: 2000,
			machine: ledger,
			draw: (): DrawnOperation<LedgerTypes> => ({read: {type: 'total'}}),
		}).ok,
	);
});

test('results of all plain kinds are compared as they come over the wire', t => {
	const values: readonly unknown[] = [
		5n,
		2n ** 60n,
		-0,
		0.5,
		Number.NaN,
		undefined,
		null,
		new Uint8Array(3),
		[1],
		{a: undefined},
	];
	const machine = defineMachine<{write: number; read: number; result: unknown; effect: never}, {count: number}>({
		name: 'values',
		parseWrite: value => (typeof value === 'number' ? value : undefined),
		parseRead: value => (typeof value === 'number' ? value : undefined),
		create: () => ({count: 0}),
		apply: (state, place) => (state.count++, values[place]),
		read: (_, place) => values[place],
		items: ({count}) => [count],
		restore: ([count]) => (typeof count === 'number' ? {count} : undefined),
	});
	const {violation} = simulate({
		seed: 2,
		durationMs: 4000,
		machine,
		draw: random => (random.chance(0.5) ? {write: random.integer(0, 9)} : {read: random.integer(0, 9)}),
	});
	t.is(violation, undefined);
});

const wrong: readonly (readonly [option: string, changed: object])[] = [
	['machine', {machine: {}}],
	['machine', {machine: {name: 'x', version: 1, create: () => undefined}}],
	['draw', {draw: undefined}],
	['draw', {draw: 'transfer'}],
	['draw', {machine: undefined, invariant: undefined}],
	['invariant', {machine: undefined, draw: undefined}],
	['invariant', {invariant: 7}],
];
for (const [place, [option, changed]] of wrong.entries()) {
	test(`a simulation of a machine names the option that cannot be meant: ${option}, ${place}`, t => {
		const options = {seed: 1, durationMs: 10, machine: ledger, draw, invariant, ...changed};
		const error = t.throws(() => simulate(options as never), {instanceOf: SimulationOptionError});
		t.like(error, {code: 'ERR_OPTION', option});
	});
}

test('what a draw gives must be an operation that the machine parses', t => {
	for (const drawn of [undefined, {}, {write: {type: 'steal'}}, {read: 7}]) {
		const error = t.throws(() => simulate({seed: 1, machine: ledger, draw: () => drawn as never}), {
			instanceOf: SimulationOptionError,
		});
		t.like(error, {code: 'ERR_OPTION', option: 'draw', given: drawn});
	}
});
