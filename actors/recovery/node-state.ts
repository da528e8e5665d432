/** The service's state as a node's files hold it. */
import {defaultSessionLimits} from '../../src/kv/sessions.js';
import {type Restored, SnapshotReader} from '../../src/kv/snapshot.js';
import {KvStateMachine, type StateMachineLimits} from '../../src/kv/state-machine.js';
import {StorageCorruptError} from '../../src/storage/errors.js';
import {snapshotName} from '../../src/storage/names.js';
import {ReadOnlyDisk} from '../../src/storage/read-only-disk.js';
import {SnapshotFileReader} from '../../src/storage/snapshot-file.js';
import {codec} from '../codec/codec.js';
import {SnapshotFormatError} from '../../src/kv/errors.js';
import type {ExaminedNode} from './examine.js';

const readBytes = 256 * 1024;

/** The snapshot's bytes, each block checked. Throws a `StorageCorruptError`. */
export function* snapshotChunks({directory, identity, found}: ExaminedNode): Generator<Uint8Array> {
	if (found?.log.snapshot === undefined) return;
	const file = new SnapshotFileReader(new ReadOnlyDisk(directory), identity, found.log.snapshot);
	try {
		for (let offset = 0; offset < file.size; offset += readBytes) yield file.read(offset, readBytes);
	} finally {
		file.close();
	}
}

/** The state in the node's snapshot; `undefined` when it has none. Throws a `StorageCorruptError`. */
export function readSnapshot(node: ExaminedNode): Restored | undefined {
	const snapshot = node.found?.log.snapshot;
	if (snapshot === undefined) return undefined;
	return guardFormat(node, () => {
		const reader = new SnapshotReader(codec, defaultSessionLimits);
		feed(reader, node);
		const state = reader.finish();
		if (state.index !== snapshot.meta.lastIncludedIndex) throw new SnapshotFormatError('its state is of another index');
		return state;
	});
}

/** The state after the last entry of the node's log. Throws a `StorageCorruptError`. */
export function lastState(node: ExaminedNode, limits: Partial<StateMachineLimits>): KvStateMachine {
	const machine = new KvStateMachine(codec, limits);
	if (node.found?.log.snapshot !== undefined) {
		guardFormat(node, () => {
			const reader = machine.beginRestore();
			feed(reader, node);
			machine.restore(reader);
		});
	}
	for (const entry of node.found?.log.entries ?? []) machine.apply(entry);
	return machine;
}

function feed(reader: SnapshotReader, node: ExaminedNode): void {
	for (const chunk of snapshotChunks(node)) {
		reader.push(chunk);
		while (reader.step() > 0);
	}
}

function guardFormat<T>({found}: ExaminedNode, action: () => T): T {
	try {
		return action();
	} catch (cause) {
		if (!(cause instanceof SnapshotFormatError)) throw cause;
		const file = snapshotName(found?.log.snapshot?.serial ?? 0);
		throw new StorageCorruptError(
			`a snapshot that cannot be read: ${cause.message}`,
			{file, offset: 0, lastGoodIndex: 0},
			{cause},
		);
	}
}
