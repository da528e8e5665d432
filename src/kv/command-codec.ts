/**
 * Commands, reads and outcomes as bytes. What a client or the log brings is parsed here once, and refused as a value:
 * a malformed command in the log must mean the same on every replica, and must not stop any.
 *
 *     operations   0, session, acknowledged, [sequence - acknowledged, ...operation (see operation-codec.ts)], ...
 *     openSession  1
 *     clock        2, logTime
 */
import {unreachable} from '../raft/types.js';
import {parseRead, parseWrite, plainOfOperation} from './operation-codec.js';
import {parseOutcome, plainOfOutcome} from './outcome-codec.js';
import {isCount, parseAll, type Plain} from './plain.js';
import type {Codec, Command, NumberedOperation, Outcome, ReadOperation} from './types.js';

function plainOfCommand(command: Command): Plain {
	switch (command.type) {
		case 'operations': {
			const {session, acknowledged, operations} = command;
			const plain: unknown[] = [0, session, acknowledged];
			for (const {sequence, operation} of operations) {
				plain.push([sequence - acknowledged, ...plainOfOperation(operation)]);
			}
			return plain;
		}
		case 'openSession':
			return [1];
		case 'clock':
			return [2, command.logTime];
		default:
			return unreachable(command);
	}
}

/** From the fourth element on; `undefined` when one of them is no write, or when there is none. */
function parseOperations(plain: Plain, acknowledged: number): readonly NumberedOperation[] | undefined {
	const operations: NumberedOperation[] = [];
	for (let place = 3; place < plain.length; place += 1) {
		const numbered = plain[place];
		if (!Array.isArray(numbered)) return undefined;
		const distance: unknown = numbered[0];
		const operation = parseWrite(numbered as Plain, 1);
		// Nobody has seen the answer of what is only being asked.
		if (!isCount(distance) || distance === 0 || operation === undefined) return undefined;
		operations.push({sequence: acknowledged + distance, operation});
	}
	return operations.length === 0 ? undefined : operations;
}

function parseCommand(plain: Plain): Command | undefined {
	const [kind, first, acknowledged] = plain;
	if (kind === 1) return {type: 'openSession'};
	if (!isCount(first)) return undefined;
	if (kind === 2) return {type: 'clock', logTime: first};
	if (kind !== 0 || !isCount(acknowledged)) return undefined;
	const operations = parseOperations(plain, acknowledged);
	return operations && {type: 'operations', session: first, acknowledged, operations};
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
