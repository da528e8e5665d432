/**
 * The frame of a backup: one file that holds the whole state of a cluster at one index.
 *
 *     file   := header | a snapshot of the service's state (see src/service/snapshot.ts) | footer      (little endian)
 *     header := "raft-bak", 8 | version, u32 | crc of these, u32 | cluster id, 16 | node, u32 |
 *               index, u48 | term, u48 | flags, u8 | zeros | crc of all before, u32                64 bytes
 *     flags  := 1: made from fewer than a majority of the nodes
 *     footer := bytes of the snapshot, u48 | SHA-256 of all before, 32
 *
 * The state is that after the entry at `index`, which is of `term`; cluster and node say where it was read.
 */
import {crc32} from 'node:zlib';
import type {LogIndex} from '../raft/types.js';
import {getUint48, setUint48, viewOf} from './bytes.js';
import {decodeIdentity, encodeIdentity, type Identity} from './identity.js';
import {decodePreamble, encodePreamble, preambleBytes} from './segment-format.js';

export const backupVersion = 1;
export const backupHeaderBytes = 64;
const backupLengthBytes = 6;
export const backupHashBytes = 32;
export const backupFooterBytes = backupLengthBytes + backupHashBytes;

const magic = 'raft-bak';
const partialFlag = 1;

export interface BackupHeader {
	/** Of the node that the state was read from. */
	readonly identity: Identity;
	/** The state includes all entries up to here; at least 1. */
	readonly index: LogIndex;
	/** Of the entry at `index`. */
	readonly term: number;
	/** Made from fewer than a majority of the nodes: writes that were acknowledged may be missing. */
	readonly isPartial: boolean;
}

export function encodeBackupHeader({identity, index, term, isPartial}: BackupHeader): Uint8Array {
	const bytes = new Uint8Array(backupHeaderBytes);
	const view = viewOf(bytes);
	encodePreamble(bytes, magic, backupVersion);
	encodeIdentity(bytes, preambleBytes, identity);
	setUint48(view, 36, index);
	setUint48(view, 42, term);
	view.setUint8(48, isPartial ? partialFlag : 0);
	view.setUint32(60, crc32(bytes.subarray(0, 60)), true);
	return bytes;
}

/** Its version; `undefined` where the bytes do not begin a backup. */
export const versionOfBackup = (bytes: Uint8Array): number | undefined => decodePreamble(bytes, magic);

/** `undefined`: damaged. A backup of another version has to be told apart before. */
export function decodeBackupHeader(bytes: Uint8Array): BackupHeader | undefined {
	if (bytes.length < backupHeaderBytes) return undefined;
	const view = viewOf(bytes);
	if (view.getUint32(60, true) !== crc32(bytes.subarray(0, 60))) return undefined;
	return {
		identity: decodeIdentity(bytes, preambleBytes),
		index: getUint48(view, 36),
		term: getUint48(view, 42),
		isPartial: (view.getUint8(48) & partialFlag) !== 0,
	};
}

/** The footer's first part, which the hash covers too. */
export function encodeBackupLength(length: number): Uint8Array {
	const bytes = new Uint8Array(backupLengthBytes);
	setUint48(viewOf(bytes), 0, length);
	return bytes;
}

export const decodeBackupLength = (footer: Uint8Array): number => getUint48(viewOf(footer), 0);
