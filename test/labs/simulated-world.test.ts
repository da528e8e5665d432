import test from 'ava';
import {rows} from './catalogue.js';
import {simulateRow} from './simulated/simulated-world.js';
import {VirtualTime} from './simulated/virtual-time.js';

const seed = 20_261_123;

/** Rows with several clients, crashes, and messages in any order. */
const ids = new Set([
	'TestFigure8Unreliable2C',
	'TestUnreliableChurn2C',
	'TestSnapshotInstallUnCrash2D',
	'TestPersistPartitionUnreliable3A',
	'TestSnapshotUnreliableRecoverConcurrentPartitionLinearizable3B',
]);

for (const row of rows.filter(({id}) => ids.has(id))) {
	test(`${row.title} (${row.part}) with the same seed is the same run, whatever else the process does`, async t => {
		const alone = await simulateRow(row, seed);
		const [beside, other] = await Promise.all([simulateRow(row, seed), simulateRow(row, seed + 1)]);
		t.deepEqual(beside, alone);
		t.not(other.traceHash, alone.traceHash);
	});
}

test('all that waits for an event goes on before the next one, whatever it does in between', async t => {
	const time = new VirtualTime();
	const lines: string[] = [];
	const wait = async (name: string, ms: number): Promise<void> => {
		await time.sleep(ms);
		// Some turns of the microtask queue, as rows take them.
		for (let turn = 0; turn < 50; turn++) await Promise.resolve();
		lines.push(`${name} at ${time.now()}`);
	};
	time.after(15, () => lines.push(`event at ${time.now()}`));
	await time.run(async () => Promise.all([wait('late', 20), wait('early', 10)]), {limitMs: 1000});
	t.deepEqual(lines, ['early at 10', 'event at 15', 'late at 20']);
});

test('a row that waits for ever, or without end, is told so', async t => {
	const endless = new VirtualTime();
	const tick = (): void => endless.after(10, tick);
	tick();
	const forever = async (): Promise<void> => new Promise(() => undefined);
	await t.throwsAsync(endless.run(forever, {limitMs: 1000}), {message: /still running after 1 s/});
	await t.throwsAsync(new VirtualTime().run(forever, {limitMs: 1000}), {message: /still running/});
	const stopped = new VirtualTime();
	const again = (): void => stopped.after(0, again);
	again();
	await t.throwsAsync(stopped.run(forever, {limitMs: 1000}), {message: /stands still/});
});

test('what a row throws comes out, with the time at which it was thrown', async t => {
	const time = new VirtualTime();
	const fail = async (): Promise<never> => {
		await time.sleep(30);
		throw new Error(`at ${time.now()}`);
	};
	await t.throwsAsync(time.run(fail, {limitMs: 1000}), {message: 'at 30'});
});
