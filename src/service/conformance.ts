/** Whether a state machine keeps its contract: what every replica relies on, tried on writes and reads of the author's. */
import type {Codec} from '../base/codec.js';
import {hexOf, Lanes} from '../base/lanes.js';
import {digestPlain, unplainPartOf} from '../base/plain-data.js';
import type {Plain} from '../base/plain.js';
import {term, type LogEntry} from '../raft/types.js';
import type {Machine, MachineTypes} from './machine.js';
import {ReplicatedState} from './replicated-state.js';
import type {Command, Outcome} from './types.js';

/** What a machine is tried on. */
export interface MachineSamples<T extends MachineTypes> {
	/** In this order, from an empty state; the more of its kinds and corners, the better. */
	readonly writes: readonly T['write'][];
	readonly reads: readonly T['read'][];
}

const chunkSizes = [1, 100, 2 ** 20];
const junk: readonly unknown[] = [
	null,
	true,
	-1,
	1.5,
	'',
	'x',
	2n ** 63n,
	[],
	[[]],
	{},
	{type: 'x'},
	new Uint8Array(3),
];

/** One replica, and what it said. */
class Trial<T extends MachineTypes> {
	readonly effects: unknown[] = [];
	readonly state: ReplicatedState<T>;

	constructor(codec: Codec, machine: Machine<T>) {
		this.state = new ReplicatedState({codec, machine, effect: effect => this.effects.push(effect)});
	}

	apply(entry: LogEntry): readonly Outcome<T>[] | undefined {
		return this.state.apply(entry);
	}

	/** Its state as bytes, in chunks of about that size; `meanwhile` happens after the first of them. */
	snapshot(chunkBytes: number, meanwhile: () => void = () => undefined): readonly Uint8Array[] {
		const writer = this.state.beginSnapshot(chunkBytes);
		const chunks: Uint8Array[] = [];
		for (let isDone = false; !isDone;) {
			const {data, done} = writer.nextChunk();
			chunks.push(data);
			isDone = done;
			if (chunks.length === 1) meanwhile();
		}
		return chunks;
	}

	restore(chunks: readonly Uint8Array[]): void {
		const reader = this.state.beginRestore();
		for (const chunk of chunks) {
			reader.push(chunk);
			while (reader.step() > 0);
		}
		this.state.restore(reader);
	}
}

const digestOf = (value: unknown): string => {
	const lanes = new Lanes(7);
	digestPlain(lanes, value);
	return hexOf(lanes.first) + hexOf(lanes.second);
};

/** The samples as entries of a log, in one session that keeps every result. */
function entriesOf<T extends MachineTypes>(trial: Trial<T>, writes: readonly T['write'][]): readonly LogEntry[] {
	const entryOf = (index: number, command: Command<T>): LogEntry => ({
		index,
		term: term(1),
		type: 'command',
		command: trial.state.commands.encodeCommand(command),
	});
	const opening = entryOf(1, {type: 'openSession', closes: 0});
	const others = writes.map((write, place) => {
		const sequence = place + 1;
		const after = Math.max(0, place - 4);
		return entryOf(place + 2, {
			type: 'writes',
			session: 1,
			acknowledged: after,
			after,
			writes: [{sequence, write}],
		});
	});
	return [opening, ...others];
}

/**
 * Tries a machine. Returns what it does against its contract, in words; nothing where it keeps it. What it throws is one of
 * them: a machine throws nothing.
 */
export function checkMachineWith<T extends MachineTypes>(
	codec: Codec,
	machine: Machine<T>,
	samples: MachineSamples<T>,
): readonly string[] {
	const faults = new Set<string>();
	const attempt = (what: string, action: () => void): void => {
		try {
			action();
		} catch (error) {
			faults.add(`${what}: it threw ${String(error)}`);
		}
	};
	attempt('words', () => checkWords(machine, samples, faults));
	attempt('writes, reads and snapshots', () => checkReplicas(codec, machine, samples, faults));
	return [...faults];
}

function checkWords<T extends MachineTypes>(
	{words}: Machine<T>,
	{writes, reads}: MachineSamples<T>,
	faults: Set<string>,
): void {
	for (const write of writes) {
		const again = words.parseWrite([7, ...words.plainOfWrite(write)], 1);
		if (digestOf(again) !== digestOf(write)) faults.add('words: a write is another one when it is parsed');
	}
	for (const read of reads) {
		const again = words.parseRead(words.plainOfRead(read));
		if (digestOf(again) !== digestOf(read)) faults.add('words: a read is another one when it is parsed');
	}
	for (const value of junk) {
		for (const plain of [[value], [0, value], [0, value, value]]) {
			words.parseWrite(plain, 0);
			words.parseRead(plain);
			words.parseResult(plain);
		}
	}
}

function checkReplicas<T extends MachineTypes>(
	codec: Codec,
	machine: Machine<T>,
	{writes, reads}: MachineSamples<T>,
	faults: Set<string>,
): void {
	const [one, other, restarting] = [0, 1, 2].map(() => new Trial(codec, machine)) as [Trial<T>, Trial<T>, Trial<T>];
	let restarted = restarting;
	for (const [place, entry] of entriesOf(one, writes).entries()) {
		const outcomes = [one, other, restarted].map(trial => trial.apply(entry));
		const answers = outcomes.map(digestOf);
		for (const outcome of outcomes[0] ?? [])
			if (outcome.type === 'result') checkResult(codec, machine, outcome.result, 'apply', faults);
		if (new Set(answers).size > 1) faults.add('apply: replicas with the same log give different results');
		compare(one, other, reads, 'apply: replicas with the same log come to different states', faults);
		compare(one, restarted, reads, 'snapshot: a state that was restored goes on differently', faults);
		if (place % 3 === 2)
			restarted = restart(codec, machine, restarted, chunkSizes[place % chunkSizes.length] ?? 1, faults);
	}
	if (digestOf(one.effects) !== digestOf(other.effects))
		faults.add('emit: replicas with the same log tell different effects');
	for (const read of reads) checkResult(codec, machine, one.state.read(read), 'read', faults);
	checkFrozen(codec, machine, writes, faults);
}

/** A result travels to the client as plain data. */
function checkResult<T extends MachineTypes>(
	codec: Codec,
	{words}: Machine<T>,
	result: T['result'],
	from: 'apply' | 'read',
	faults: Set<string>,
): void {
	const plain = words.plainOfResult(result);
	const unplain = unplainPartOf(plain);
	if (unplain !== undefined) {
		faults.add(`${from}: a result holds ${unplain}, which is not plain data`);
		return;
	}
	const received = words.parseResult(codec.decode(codec.encode(plain)) as Plain);
	if (received === undefined)
		faults.add(`${from}: a result is undefined, so no client gets it: return null, or say more`);
	else if (digestOf(received) !== digestOf(result)) faults.add(`${from}: a client gets another result`);
}

/** Another life of the replica, from its snapshot: whole and in slices it is the same. */
function restart<T extends MachineTypes>(
	codec: Codec,
	machine: Machine<T>,
	trial: Trial<T>,
	chunkBytes: number,
	faults: Set<string>,
): Trial<T> {
	const next = new Trial(codec, machine);
	next.restore(trial.snapshot(chunkBytes));
	if (next.state.stateHash() !== trial.state.stateHash()) faults.add('snapshot: what is restored is another state');
	if (next.state.machine.itemCount !== trial.state.machine.itemCount)
		faults.add('itemCount: it is another after a restore');
	return next;
}

/** A snapshot is of the state when it was begun, whatever is applied while it is written. */
function checkFrozen<T extends MachineTypes>(
	codec: Codec,
	machine: Machine<T>,
	writes: readonly T['write'][],
	faults: Set<string>,
): void {
	const trial = new Trial(codec, machine);
	const entries = entriesOf(trial, writes);
	const half = Math.ceil(entries.length / 2);
	for (const entry of entries.slice(0, half)) trial.apply(entry);
	const before = trial.state.stateHash();
	const chunks = trial.snapshot(1, () => {
		for (const entry of entries.slice(half)) trial.apply(entry);
	});
	const restored = new Trial(codec, machine);
	restored.restore(chunks);
	if (restored.state.stateHash() !== before) faults.add('freeze: writes that came later show in a snapshot');
	const room = trial.state.machine.fits(writes, Number.MAX_SAFE_INTEGER);
	if (room.length !== writes.length) faults.add('fits: it does not say of each write whether it fits');
	else if (!room.every(fits => fits)) faults.add('fits: a write does not fit into all the room that there is');
}

function compare<T extends MachineTypes>(
	one: Trial<T>,
	other: Trial<T>,
	reads: readonly T['read'][],
	fault: string,
	faults: Set<string>,
): void {
	if (one.state.stateHash() !== other.state.stateHash()) faults.add(fault);
	const before = one.state.stateHash();
	for (const read of reads) {
		if (digestOf(one.state.read(read)) !== digestOf(other.state.read(read))) faults.add(`${fault} (a read tells)`);
	}
	if (one.state.stateHash() !== before) faults.add('read: it changes the state');
}
