/** The service's state as a node's files hold it. */
import type {Machine, MachineTypes} from '../../src/service/machine.js';
import type {SessionLimits} from '../../src/service/sessions.js';
import {type Restored, SnapshotDecoder, snapshotWords} from '../../src/service/snapshot.js';
import {ReplicatedState} from '../../src/service/replicated-state.js';
import {StorageCorruptError} from '../../src/storage/errors.js';
import {snapshotName} from '../../src/storage/names.js';
import {ReadOnlyDisk} from '../../src/storage/read-only-disk.js';
import {SnapshotFileReader} from '../../src/storage/snapshot-file.js';
import {codec} from '../codec/codec.js';
import {SnapshotFormatError} from '../../src/service/errors.js';
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
export function readSnapshot<T extends MachineTypes>(node: ExaminedNode, machine: Machine<T>): Restored<T> | undefined {
	const snapshot = node.found?.log.snapshot;
	if (snapshot === undefined) return undefined;
	return guardFormat(node, () => {
		const reader = new SnapshotDecoder(snapshotWords(codec, machine));
		feed(reader, node);
		const state = reader.finish();
		if (state.index !== snapshot.meta.lastIncludedIndex) throw new SnapshotFormatError('its state is of another index');
		return state;
	});
}

/** The state after the last entry of the node's log. Throws a `StorageCorruptError`. */
export function lastState<T extends MachineTypes>(
	node: ExaminedNode,
	limits: Partial<SessionLimits>,
	machine: Machine<T>,
): ReplicatedState<T> {
	const state = new ReplicatedState({codec, machine, limits});
	if (node.found?.log.snapshot !== undefined) {
		guardFormat(node, () => {
			const reader = state.beginRestore();
			feed(reader, node);
			state.restore(reader);
		});
	}
	for (const entry of node.found?.log.entries ?? []) state.apply(entry);
	return state;
}

function feed<T extends MachineTypes>(reader: SnapshotDecoder<T>, node: ExaminedNode): void {
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
