import test from 'ava';
import {SimulatedDisk} from '../../src/storage/simulated-disk.js';
import {WriteAheadLog} from '../../src/storage/write-ahead-log.js';
import {fingerprint} from './model.js';
import {simulatedPlace} from './places.js';
import {batch, bytesOf, close, entriesFrom, snapshotAt, textOf, vote, write, writeSnapshot} from './samples.js';
import {VirtualTime} from './virtual-time.js';

type Files = ReadonlyMap<string, Uint8Array>;
const sizes = {segmentBytes: 1400, preallocateBytes: 512};

/** A log of several segments with a snapshot, that was closed, or whose process died. */
async function filesOf(end: 'close' | 'crash'): Promise<Files> {
	const place = simulatedPlace({sizes});
	const storage = place.open();
	storage.load();
	await write(place, storage, batch({hardState: vote(1, 2)}));
	for (let index = 1; index <= 30; index++) {
		await write(place, storage, batch({entries: entriesFrom(index, 1)}));
		if (index !== 12) continue;
		await writeSnapshot(place, storage, snapshotAt(4), [bytesOf('state')]);
		await write(place, storage, batch({snapshot: snapshotAt(4)}));
	}
	if (end === 'close') await close(place, storage);
	else place.disk.killProcess();
	return place.disk.files();
}

/** Where the frames of a segment end: at multiples of 32 bytes, up to the last byte that is not zero. */
function cuts(bytes: Uint8Array): readonly number[] {
	const used = bytes.findLastIndex(byte => byte !== 0) + 1;
	const inside = Array.from({length: Math.floor(used / 16)}, (_, number) => number * 16);
	return [...inside, used - 1];
}

const shapes: Readonly<
	Record<string, (bytes: Uint8Array, others: readonly Uint8Array[]) => readonly (Uint8Array | undefined)[]>
> = {
	missing: () => [undefined],
	empty: () => [new Uint8Array(0)],
	zeroed: bytes => [new Uint8Array(bytes.length)],
	shortened: bytes => cuts(bytes).map(length => bytes.slice(0, length)),
	grown: bytes => [new Uint8Array([...bytes, ...new Uint8Array(64)]), new Uint8Array([...bytes, ...bytes])],
	swapped: (_, others) => others,
};

/**
 * The one thing that cannot be seen: a file that is cut off in the flush that made it grow, or right before it, looks as
 * if a crash had done it. Here that is the first flush behind the checkpoint, and each that crosses a multiple of 512.
 */
const isInGrowingFlush = (length: number): boolean => [128, 512, 1024].some(border => Math.abs(length - border) <= 96);

for (const end of ['close', 'crash'] as const) {
	for (const [shape, damage] of Object.entries(shapes)) {
		test(`each file that is ${shape} after a ${end} is refused, or nothing is lost`, async t => {
			const files = await filesOf(end);
			const found = (changed: Files): string => {
				const disk = new SimulatedDisk({schedule: new VirtualTime().schedule, random: () => 0.5, files: changed});
				const storage = new WriteAheadLog({
					disk,
					...sizes,
					expectedStart: {starts: 1, isStarting: false, isClosed: end === 'close', isOlder: false},
				});
				const state = storage.load();
				const reader = storage.openSnapshot()!;
				return `${fingerprint(state)} ${textOf(reader.read(0, reader.size))}`;
			};
			const good = found(files);
			let refused = 0;
			for (const [name, bytes] of files) {
				const others = [...files].filter(([other]) => other !== name).map(([, content]) => content);
				for (const damaged of damage(bytes, others)) {
					const changed = new Map(files);
					if (damaged === undefined) changed.delete(name);
					else changed.set(name, damaged);
					try {
						if (end === 'crash' && shape === 'shortened' && isInGrowingFlush(damaged!.length)) continue;
						t.is(found(changed), good, `${name}, ${damaged?.length ?? 0} bytes left`);
					} catch (error) {
						t.is((error as {code?: string}).code, 'ERR_STORAGE_CORRUPT', `${name}: ${String(error)}`);
						refused++;
					}
				}
			}
			t.true(refused > 0);
		});
	}
}
