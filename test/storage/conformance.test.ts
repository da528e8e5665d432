import {storageConformance} from './conformance.js';
import {memoryPlace, nodePlace, simulatedPlace} from './places.js';

const small = {segmentBytes: 2048, preallocateBytes: 512};

storageConformance('memory', memoryPlace);
storageConformance('log on a disk', t => nodePlace(t, true));
storageConformance('log on a disk, small segments', t => nodePlace(t, true, small));
storageConformance('log on a disk, never synced', t => nodePlace(t, false));
storageConformance('log on a disk, never synced, not preallocated', t =>
	nodePlace(t, false, {segmentBytes: 4096, preallocateBytes: 0}),
);
storageConformance('log on a simulated disk', () => simulatedPlace({sizes: small}));
storageConformance('log on a slow simulated disk', () => {
	const place = simulatedPlace({sizes: {segmentBytes: 2048, preallocateBytes: 0}});
	place.disk.faults.writeLatencyMs = [0, 5];
	place.disk.faults.syncLatencyMs = [1, 20];
	return place;
});
