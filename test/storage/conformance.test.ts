import test from 'ava';
import {InvariantError} from '../../src/base/errors.js';
import {storageConformance} from './conformance.js';
import {memoryPlace, nodePlace, simulatedPlace} from './places.js';
import {batch, entriesFrom} from './samples.js';

const small = {segmentBytes: 2048, preallocateBytes: 512};

const noCrash = ['crash', 'failNextWrite'] as const;

storageConformance('memory', memoryPlace, ['failNextWrite']);
storageConformance('log on a disk', t => nodePlace(t, true), noCrash);
storageConformance('log on a disk, small segments', t => nodePlace(t, true, small), noCrash);
storageConformance('log on a disk, never synced', t => nodePlace(t, false), noCrash);
storageConformance(
	'log on a disk, never synced, not preallocated',
	t => nodePlace(t, false, {segmentBytes: 4096, preallocateBytes: 0}),
	noCrash,
);
storageConformance('log on a simulated disk', () => simulatedPlace({sizes: small}));
storageConformance('log on a slow simulated disk', () => {
	const place = simulatedPlace({sizes: {segmentBytes: 2048, preallocateBytes: 0}});
	place.disk.faults.writeLatencyMs = [0, 5];
	place.disk.faults.syncLatencyMs = [1, 20];
	return place;
});

for (const [name, place] of [
	['memory', memoryPlace()],
	['log', simulatedPlace()],
] as const) {
	test(`${name}: a batch that does not fit is a broken invariant`, t => {
		const storage = place.open();
		storage.load();
		t.throws(() => storage.write(batch({entries: entriesFrom(5, 1)}), () => t.fail()), {instanceOf: InvariantError});
	});
}
