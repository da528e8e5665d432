import test from 'ava';
import type {ExecutionContext} from 'ava';
import type {PersistentState} from '../../src/raft/types.js';
import {SimulatedDisk, type DiskOperation} from '../../src/storage/simulated-disk.js';
import type {RaftStorage} from '../../src/storage/storage.js';
import {WriteAheadLog} from '../../src/storage/write-ahead-log.js';
import {batch, entriesFrom} from './samples.js';
import {emptyState, fingerprint, stateAfter} from './model.js';
import {simulatedPlace} from './places.js';
import {RandomRun, snapshotContent} from './random-run.js';
import {seededRandom, VirtualTime} from './virtual-time.js';

const seed = Number(process.env['SEED'] ?? 20_260_101);

/** What a storage finds has to be the log after one of the batches handed over, and no earlier one than acknowledged. */
function assertRecovered(
	t: ExecutionContext,
	state: PersistentState,
	run: {readonly states: readonly string[]; readonly acknowledged: number},
	where: string,
): void {
	const found = run.states.indexOf(fingerprint(state), run.acknowledged);
	if (found === -1) {
		const earlier = run.states.indexOf(fingerprint(state));
		t.fail(`${where}: ${run.acknowledged} acknowledged, found ${earlier === -1 ? 'a state that never was' : earlier}`);
	}
}

function assertSnapshot(t: ExecutionContext, storage: RaftStorage, state: PersistentState, where: string): void {
	const reader = storage.openSnapshot();
	t.deepEqual(reader?.snapshot, state.snapshot, where);
	if (reader === undefined) return;
	t.deepEqual(reader.read(0, reader.size), snapshotContent(reader.snapshot.lastIncludedIndex), where);
	reader.close();
}

/** The files after some operations, and some bytes of the next. */
class Image {
	readonly files = new Map<string, Uint8Array>();

	apply(operation: DiskOperation, bytes = Number.POSITIVE_INFINITY): this {
		const {files} = this;
		switch (operation.type) {
			case 'create':
				files.set(operation.name, new Uint8Array(0));
				break;
			case 'remove':
				files.delete(operation.name);
				break;
			case 'rename':
				files.set(operation.to, files.get(operation.from)!);
				files.delete(operation.from);
				break;
			case 'truncate':
				files.set(operation.name, resized(files.get(operation.name)!, operation.size));
				break;
			case 'write': {
				const data = operation.data.subarray(0, bytes);
				const before = files.get(operation.name)!;
				const after = resized(before, Math.max(before.length, operation.offset + data.length));
				after.set(data, operation.offset);
				files.set(operation.name, after);
				break;
			}
			default:
		}
		return this;
	}

	copy(): Image {
		const image = new Image();
		for (const [name, bytes] of this.files) image.files.set(name, bytes);
		return image;
	}
}

function resized(bytes: Uint8Array, size: number): Uint8Array {
	const next = new Uint8Array(size);
	next.set(bytes.subarray(0, size));
	return next;
}

/** A run of a storage: what was done to the disk, and how much was acknowledged at each point of it. */
function recordedRun(runSeed: number, steps: number, preallocateBytes: number) {
	const operations: DiskOperation[] = [];
	const acknowledgedAt: number[] = [];
	const random = seededRandom(runSeed);
	const place = simulatedPlace({
		seed: runSeed,
		sizes: {segmentBytes: 1536, preallocateBytes},
		record: operation => {
			operations.push(operation);
			acknowledgedAt.push(run?.acknowledged ?? 0);
		},
	});
	place.disk.faults.syncLatencyMs = [1, 4];
	let run: RandomRun | undefined;
	const storage = place.open();
	run = new RandomRun(storage, storage.load(), random);
	for (let step = 0; step < steps; step++) {
		run.step();
		for (let turn = Math.floor(random() * 4); turn > 0; turn--) place.time.step();
	}
	place.time.runAll();
	return {operations, acknowledgedAt, run};
}

for (const preallocateBytes of [0, 512]) {
	test(`cut at every byte of a run, the log holds what was acknowledged, or more, in order (zeros ahead: ${preallocateBytes})`, t => {
		const {operations, acknowledgedAt, run} = recordedRun(seed, 60, preallocateBytes);
		t.true(run.acknowledged > 40 && operations.some(({type}) => type === 'remove'));
		const image = new Image();
		let cuts = 0;
		for (const [position, operation] of operations.entries()) {
			const {data} = operation.type === 'write' ? operation : {data: new Uint8Array(0)};
			for (let bytes = 0; bytes < Math.max(1, data.length); bytes++) {
				const cut = image.copy();
				if (bytes > 0) cut.apply(operation, bytes);
				const where = `operation ${position} (${operation.type}), byte ${bytes}`;
				const acknowledged = acknowledgedAt[position]!;
				const time = new VirtualTime();
				const disk = new SimulatedDisk({schedule: time.schedule, random: () => 0.5, files: cut.files});
				const storage = new WriteAheadLog({disk, segmentBytes: 1536, preallocateBytes});
				const state = storage.load();
				assertRecovered(t, state, {states: run.states, acknowledged}, where);
				if (bytes === 0) assertSnapshot(t, storage, state, where);
				if (cuts % 7 === 0) assertGoesOn(t, disk, time, storage, state, where);
				cuts++;
			}
			image.apply(operation);
		}
		t.log(`${cuts} cuts, ${operations.length} operations, ${run.acknowledged} batches`);
	});
}

/** A log that was repaired takes the next batch and keeps it. */
function assertGoesOn(
	t: ExecutionContext,
	disk: SimulatedDisk,
	time: VirtualTime,
	storage: RaftStorage,
	state: PersistentState,
	where: string,
): void {
	const nextIndex = (state.entries.at(-1)?.index ?? state.snapshot?.lastIncludedIndex ?? 0) + 1;
	const hardState = {...state.hardState, currentTerm: state.hardState.currentTerm};
	const next = batch({hardState, entries: entriesFrom(nextIndex, 1, hardState.currentTerm, 'after')});
	let isAcknowledged = false;
	storage.write(next, error => {
		isAcknowledged = error === undefined;
	});
	time.runAll();
	t.true(isAcknowledged, where);
	disk.cutPower('drop');
	const again = new WriteAheadLog({disk, segmentBytes: 1536}).load();
	t.is(fingerprint(again), fingerprint(stateAfter(state, next)), where);
}

function livesAndDeaths(t: ExecutionContext, runSeed: number): number {
	const random = seededRandom(runSeed);
	const sizes = {segmentBytes: 512 + Math.floor(random() * 4000), preallocateBytes: random() < 0.5 ? 0 : 700};
	const place = simulatedPlace({seed: runSeed + 1, sizes});
	place.disk.faults.writeLatencyMs = random() < 0.5 ? undefined : [0, 3];
	place.disk.faults.syncLatencyMs = [0, 10];
	let run: {readonly states: readonly string[]; readonly acknowledged: number} = {
		states: [fingerprint(emptyState)],
		acknowledged: 0,
	};
	let total = 0;
	for (let life = 0; life < 12; life++) {
		const where = `SEED=${runSeed}, life ${life}`;
		const storage = place.open();
		const state = storage.load();
		assertRecovered(t, state, run, where);
		assertSnapshot(t, storage, state, where);
		const current = new RandomRun(storage, state, random);
		run = current;
		for (let step = Math.floor(random() * 40); step > 0; step--) {
			current.step();
			for (let turn = Math.floor(random() * 5); turn > 0; turn--) place.time.step();
		}
		if (random() < 0.2) {
			let isClosed = false;
			storage.close(() => {
				isClosed = true;
			});
			place.time.runAll();
			t.true(isClosed, where);
		}
		total += current.acknowledged;
		if (random() < 0.5) place.disk.killProcess();
		else place.disk.cutPower(random() < 0.3 ? 'drop' : 'random');
	}
	return total;
}

test('life after life, power cuts that lose, keep and tear what was not synced take nothing that was acknowledged', t => {
	let total = 0;
	for (let offset = 0; offset < 400; offset++) total += livesAndDeaths(t, seed + offset * 1000);
	t.true(total > 10_000);
	t.log(`${total} batches acknowledged`);
});
