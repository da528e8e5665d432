/**
 * Commands, reads and outcomes as bytes. What a client or the log brings is parsed here once, and refused as a value:
 * a malformed command in the log must mean the same on every replica, and must not stop any.
 *
 *     operations   3, session, acknowledged, after - acknowledged, numbered, ...
 *                  0, session, acknowledged, numbered, ...      as they were written before there was an order: after nothing
 *     numbered     [sequence - acknowledged, ...operation (see operation-codec.ts)]
 *     openSession  1, closes
 *     closeSession 4, session
 *     clock        2, logTime
 */
import {unreachable} from '../base/errors.js';
import {parseRead, parseWrite, plainOfOperation} from './operation-codec.js';
import {parseOutcome, plainOfOutcome} from './outcome-codec.js';
import {isCount, parseAll, type Plain} from '../base/plain.js';
import type {Codec} from '../base/codec.js';
import type {Command, NumberedOperation, Outcome, ReadOperation} from './types.js';

const refuseOpcode = 9;

const plainOfNumbered = (operation: NumberedOperation['operation']): Plain =>
	operation.type === 'refuse' ? [refuseOpcode] : plainOfOperation(operation);

const parseNumbered = (numbered: Plain): NumberedOperation['operation'] | undefined =>
	numbered[1] === refuseOpcode ? {type: 'refuse'} : parseWrite(numbered, 1);

function plainOfCommand(command: Command): Plain {
	switch (command.type) {
		case 'operations': {
			const {session, acknowledged, after, operations} = command;
			const plain: unknown[] = [3, session, acknowledged, after - acknowledged];
			for (const {sequence, operation} of operations) {
				plain.push([sequence - acknowledged, ...plainOfNumbered(operation)]);
			}
			return plain;
		}
		case 'openSession':
			return command.closes === 0 ? [1] : [1, command.closes];
		case 'closeSession':
			return [4, command.session];
		case 'clock':
			return [2, command.logTime];
		default:
			return unreachable(command);
	}
}

/** From that place on; `undefined` when one of them is no write, or when there is none. */
function parseOperations(
	plain: Plain,
	firstPlace: number,
	acknowledged: number,
): readonly NumberedOperation[] | undefined {
	const operations: NumberedOperation[] = [];
	for (let place = firstPlace; place < plain.length; place += 1) {
		const numbered = plain[place];
		if (!Array.isArray(numbered)) return undefined;
		const distance: unknown = numbered[0];
		const operation = parseNumbered(numbered as Plain);
		// Nobody has seen the answer of what is only being asked.
		if (!isCount(distance) || distance === 0 || operation === undefined) return undefined;
		operations.push({sequence: acknowledged + distance, operation});
	}
	return operations.length === 0 ? undefined : operations;
}

function parseCommand(plain: Plain): Command | undefined {
	const [kind, first, acknowledged] = plain;
	if (kind === 1 && first === undefined) return {type: 'openSession', closes: 0};
	if (!isCount(first)) return undefined;
	if (kind === 1) return {type: 'openSession', closes: first};
	if (kind === 4) return {type: 'closeSession', session: first};
	if (kind === 2) return {type: 'clock', logTime: first};
	if ((kind !== 0 && kind !== 3) || !isCount(acknowledged)) return undefined;
	const distance = kind === 3 ? plain[3] : 0;
	const operations = parseOperations(plain, kind === 3 ? 4 : 3, acknowledged);
	if (operations === undefined || !isCount(distance)) return undefined;
	return {type: 'operations', session: first, acknowledged, after: acknowledged + distance, operations};
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
