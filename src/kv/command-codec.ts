/**
 * Commands, reads and outcomes as bytes. What a client or the log brings is parsed here once, and refused as a value:
 * a malformed command in the log must mean the same on every replica, and must not stop any.
 *
 *     operation    0, session, sequence, acknowledged, ...operation (see operation-codec.ts)
 *     openSession  1
 *     clock        2, logTime
 */
import {unreachable} from '../raft/types.js';
import {parseRead, parseWrite, plainOfOperation} from './operation-codec.js';
import {parseOutcome, plainOfOutcome} from './outcome-codec.js';
import {isCount, parseAll, type Plain} from './plain.js';
import type {Codec, Command, Outcome, ReadOperation} from './types.js';

function plainOfCommand(command: Command): Plain {
	switch (command.type) {
		case 'operation': {
			const {session, sequence, acknowledged, operation} = command;
			return [0, session, sequence, acknowledged, ...plainOfOperation(operation)];
		}
		case 'openSession':
			return [1];
		case 'clock':
			return [2, command.logTime];
		default:
			return unreachable(command);
	}
}

function parseCommand(plain: Plain): Command | undefined {
	const [kind, first, sequence, acknowledged] = plain;
	if (kind === 1) return {type: 'openSession'};
	if (!isCount(first)) return undefined;
	if (kind === 2) return {type: 'clock', logTime: first};
	if (kind !== 0 || !isCount(sequence) || !isCount(acknowledged)) return undefined;
	// Nobody has seen the answer of what is only being asked; from here on `sequence` is 1 or more.
	if (acknowledged >= sequence) return undefined;
	const operation = parseWrite(plain, 4);
	return operation && {type: 'operation', session: first, sequence, acknowledged, operation};
}

/** The value behind the bytes, `undefined` for bytes that are none (no decoded value is `undefined` here: see `parseAll`). */
function decodePlain(decode: (bytes: Uint8Array) => unknown, bytes: Uint8Array): unknown {
	try {
		return decode(bytes);
	} catch {
		return undefined;
	}
}

export const encodeCommand = (codec: Codec, command: Command): Uint8Array => codec.encode(plainOfCommand(command));

/** As a view of a larger buffer, to be packed. */
export const encodeCommandView = (codec: Codec, command: Command): Uint8Array =>
	codec.encodeView(plainOfCommand(command));

/** `undefined` when the bytes are not a command. Its values are views of `bytes`: who keeps one, copies it. */
export function decodeCommand(codec: Codec, bytes: Uint8Array): Command | undefined {
	const plain = decodePlain(codec.decodeView, bytes);
	return Array.isArray(plain) ? parseCommand(plain as Plain) : undefined;
}

export const encodeReads = (codec: Codec, operations: readonly ReadOperation[]): Uint8Array =>
	codec.encode(operations.map(operation => plainOfOperation(operation)));

/** `undefined` when the bytes are not a list of reads. */
export const decodeReads = (codec: Codec, bytes: Uint8Array): readonly ReadOperation[] | undefined =>
	parseAll(decodePlain(codec.decodeView, bytes), parseRead);

export const encodeOutcomes = (codec: Codec, outcomes: readonly Outcome[]): Uint8Array =>
	codec.encode(outcomes.map(outcome => plainOfOutcome(outcome)));

/** `undefined` when the bytes are not a list of outcomes. */
export const decodeOutcomes = (codec: Codec, bytes: Uint8Array): readonly Outcome[] | undefined =>
	parseAll(decodePlain(codec.decode, bytes), parseOutcome);

const lengthBytes = 4;

/** Bytes of one command in `packCommands`. */
export const packedCommandBytes = (command: Uint8Array): number => lengthBytes + command.length;

/** Lays commands end to end, each behind its length (u32, little endian): one array costs a thread hop the least. */
export function packCommands(commands: readonly Uint8Array[]): Uint8Array {
	let length = 0;
	for (const command of commands) length += packedCommandBytes(command);
	const bytes = new Uint8Array(length);
	const view = new DataView(bytes.buffer);
	let offset = 0;
	for (const command of commands) {
		view.setUint32(offset, command.length, true);
		bytes.set(command, offset + lengthBytes);
		offset += packedCommandBytes(command);
	}
	return bytes;
}

/** The commands, as views of `bytes`; `undefined` when the bytes are no such list. */
export function unpackCommands(bytes: Uint8Array): readonly Uint8Array[] | undefined {
	const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
	const commands: Uint8Array[] = [];
	let offset = 0;
	while (offset < bytes.length) {
		if (offset + lengthBytes > bytes.length) return undefined;
		const end = offset + lengthBytes + view.getUint32(offset, true);
		if (end > bytes.length) return undefined;
		commands.push(bytes.subarray(offset + lengthBytes, end));
		offset = end;
	}
	return commands;
}
