import fc from 'fast-check';
import {codec} from '../../actors/codec/codec.js';
import {bytesOf} from '../../actors/text.js';
import {type KvLimits} from '../../src/kv/limits.js';
import {kvMachine} from '../../src/kv/state-machine.js';
import {kvWords, type KvTypes} from '../../src/kv/words.js';
import {CommandCodec} from '../../src/service/command-codec.js';
import {ReplicatedState} from '../../src/service/replicated-state.js';
import type {SessionLimits} from '../../src/service/sessions.js';
import type {
	Command as ServiceCommand,
	Outcome as ServiceOutcome,
	ReadOrBarrier,
	ServiceRequest,
} from '../../src/service/types.js';
import type {ReadOperation, Result, WriteOperation} from '../../src/kv/types.js';
import {term, type LogEntry, type LogIndex} from '../../src/raft/types.js';

export type Command = ServiceCommand<KvTypes>;
/** As a client sees it: the result of a write or read stands for itself. */
export type Outcome = Exclude<ServiceOutcome<KvTypes>, {type: 'result'}> | Result;
export type KvState = ReplicatedState<KvTypes>;

const commands = new CommandCodec(codec, kvWords);

export const encodeCommand = (command: Command): Uint8Array => commands.encodeCommand(command);
export const decodeCommand = (bytes: Uint8Array): Command | undefined => commands.decodeCommand(bytes);
export const encodeReads = (reads: readonly ReadOperation[]): Uint8Array => commands.encodeReads(reads);
export const decodeReads = (bytes: Uint8Array): readonly ReadOrBarrier<KvTypes>[] | undefined =>
	commands.decodeReads(bytes);
export const seen = (outcome: ServiceOutcome<KvTypes>): Outcome =>
	outcome.type === 'result' ? outcome.result : outcome;
export const decodeOutcomes = (bytes: Uint8Array): readonly Outcome[] | undefined =>
	commands.decodeOutcomes(bytes)?.map(seen);
export const encodeOutcomes = (outcomes: readonly ServiceOutcome<KvTypes>[]): Uint8Array =>
	commands.encodeOutcomes(outcomes);
export const requestOf = (command: Command): ServiceRequest => ({type: 'write', command: encodeCommand(command)});

/** The state of one replica. */
export const newState = (limits: Partial<KvLimits & SessionLimits> = {}): KvState =>
	new ReplicatedState({codec, machine: kvMachine(limits), limits});

export const entryOf = (index: LogIndex, command: Command): LogEntry => ({
	index,
	term: term(1),
	type: 'command',
	command: encodeCommand(command),
});

export const noopAt = (index: LogIndex): LogEntry => ({index, term: term(1), type: 'noop', command: new Uint8Array()});

/** One operation as a command of its own. */
export const operationOf = (
	session: number,
	sequence: number,
	acknowledged: number,
	operation: WriteOperation,
	after = acknowledged,
): Command => ({type: 'writes', session, acknowledged, after, writes: [{sequence, write: operation}]});

/** Applies a command of one operation as the next entry. */
export function applyTo(state: KvState, command: Command): Outcome {
	return seen(state.apply(entryOf(state.appliedIndex + 1, command))![0]!);
}

/** A writer with a session of its own, to apply operations without ceremony. */
export function writerTo(state: KvState): (operation: WriteOperation) => Outcome {
	const opened = applyTo(state, {type: 'openSession', closes: 0});
	const session = opened.type === 'sessionOpened' ? opened.session : 0;
	let sequence = 0;
	return operation => {
		sequence += 1;
		return applyTo(state, operationOf(session, sequence, sequence - 1, operation));
	};
}

export const put = (key: string, text: string): WriteOperation => ({type: 'put', key, value: bytesOf(text)});
export const append = (key: string, text: string): WriteOperation => ({type: 'append', key, value: bytesOf(text)});

const keys = fc.constantFrom('a', 'b', 'c', '', '\u00ff\u0000');
const values = fc.oneof(
	fc.uint8Array({maxLength: 6}),
	fc.integer({min: -99, max: 99}).map(number => bytesOf(String(number))),
	fc.constantFrom(bytesOf('9223372036854775807'), bytesOf('-9223372036854775808')),
);

const expiryArbitrary = fc.oneof(
	fc.record({ttlMs: fc.maxSafeNat()}),
	fc.record({expiresAt: fc.maxSafeNat()}),
	fc.record({ttlMs: fc.nat(9)}),
);

const valueConditionArbitrary = fc.oneof(fc.record({is: values}), fc.record({isNot: values}));

/** Of operations that have to do with time or compare a value: a model that has none has no words for them. */
export const timedArbitrary: fc.Arbitrary<
	Exclude<WriteOperation, {type: 'batch' | 'transaction' | 'lease' | 'keepChanges'}>
> = fc.oneof(
	fc.record({
		type: fc.constant('put' as const),
		key: keys,
		value: values,
		condition: fc.oneof(fc.constantFrom(undefined, 'absent' as const, 'present' as const), valueConditionArbitrary),
		returnPrevious: fc.boolean(),
		expiry: fc.option(fc.oneof(expiryArbitrary, fc.constant('keep' as const)), {nil: undefined}),
	}),
	fc.record({type: fc.constant('delete' as const), key: keys, condition: valueConditionArbitrary}),
	fc.record({
		type: fc.constant('expire' as const),
		key: keys,
		expiry: fc.oneof(expiryArbitrary, fc.constant('never' as const)),
		condition: fc.constantFrom(undefined, 'absent' as const, 'present' as const),
		order: fc.constantFrom(undefined, 'later' as const, 'earlier' as const),
	}),
);

const partArbitrary: fc.Arbitrary<Exclude<WriteOperation, {type: 'batch' | 'transaction' | 'lease' | 'keepChanges'}>> =
	fc.oneof(
		fc.record({
			type: fc.constant('put' as const),
			key: keys,
			value: values,
			condition: fc.constantFrom(undefined, 'absent' as const, 'present' as const),
			returnPrevious: fc.boolean(),
		}),
		fc.record({type: fc.constant('append' as const), key: keys, value: values}),
		fc.record({type: fc.constant('delete' as const), key: keys}),
		fc.record({
			type: fc.constant('compareAndSet' as const),
			key: keys,
			value: values,
			expected: fc.oneof(
				fc.record({value: fc.option(values, {nil: undefined})}),
				fc.record({version: fc.integer({min: 0, max: 40})}),
			),
		}),
		fc.record({
			type: fc.constant('increment' as const),
			key: keys,
			by: fc.bigInt({min: -(2n ** 63n), max: 2n ** 63n - 1n}),
		}),
		fc.record({type: fc.constant('increment' as const), key: keys, by: fc.bigInt({min: -9n, max: 9n})}),
		{weight: 1, arbitrary: fc.constant({type: 'clear' as const})},
	);

export const getArbitrary = fc.record({type: fc.constant('get' as const), key: keys});

export const writeArbitrary: fc.Arbitrary<WriteOperation> = fc.oneof(
	{weight: 6, arbitrary: partArbitrary},
	{
		weight: 1,
		arbitrary: fc.record({
			type: fc.constant('batch' as const),
			operations: fc.array(fc.oneof(partArbitrary, getArbitrary), {maxLength: 4}),
		}),
	},
);

const scanArbitrary = fc.record({
	type: fc.constant('scan' as const),
	from: fc.nat({max: 2 ** 28 - 1}),
	to: fc.option(fc.nat({max: 2 ** 28 - 1}), {nil: undefined}),
	prefix: fc.option(keys, {nil: undefined}),
	lookedAtMax: fc.integer({min: 1, max: 40}),
	hasValues: fc.boolean(),
});

export const readArbitrary: fc.Arbitrary<ReadOperation> = fc.oneof(
	getArbitrary,
	fc.record({type: fc.constant('get' as const), key: keys, withoutValue: fc.constant(true)}),
	scanArbitrary,
	fc.constant({type: 'count' as const}),
);

/** Reruns with `SEED=...`; fast-check prints the seed of a failure. */
export const runs = (numRuns: number): fc.Parameters<unknown> => ({
	numRuns,
	seed: process.env['SEED'] === undefined ? 20_240_611 : Number(process.env['SEED']),
});
