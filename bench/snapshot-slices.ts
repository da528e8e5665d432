/**
 * How long does a snapshot of a large state stall its thread at most? Prints the longest single slice of each phase
 * while writes go on: freezing, encoding a chunk, applying (with the copies that the snapshot makes necessary), and taking
 * the snapshot in elsewhere.
 *
 *     node dist/bench/snapshot-slices.js [--smoke] [keys=1000000] [valueBytes=100]
 */
import {codec} from '../actors/codec/codec.js';
import {kvMachine} from '../src/kv/state-machine.js';
import {kvWords, type KvTypes} from '../src/kv/words.js';
import {CommandCodec} from '../src/service/command-codec.js';
import {ServiceServer} from '../src/service/server/service-server.js';
import type {Command} from '../src/service/types.js';
import {term, type LogEntry, type ServiceOutput} from '../src/raft/types.js';

const argumentOf = (name: string, fallback: number): number => {
	const given = process.argv.find(argument => argument.startsWith(`${name}=`));
	return given === undefined ? fallback : Number(given.slice(name.length + 1));
};

const keys = argumentOf('keys', process.argv.includes('--smoke') ? 10_000 : 1_000_000);
const valueBytes = argumentOf('valueBytes', 100);

/** What was timed under one name, ms. */
class Phase {
	readonly #times: number[] = [];
	readonly #name: string;

	constructor(name: string) {
		this.#name = name;
	}

	time<T>(work: () => T): T {
		const start = performance.now();
		const result = work();
		this.#times.push(performance.now() - start);
		return result;
	}

	/** The longest includes the garbage collector's pauses, and on a busy machine other programs' turns. */
	print(): void {
		const times = this.#times.sort((left, right) => left - right);
		const at = (share: number): string => (times[Math.floor((times.length - 1) * share)] ?? 0).toFixed(2);
		const line = `longest slice ${at(1)} ms, p99 ${at(0.99)} ms, p50 ${at(0.5)} ms`;
		console.log(`${this.#name}: ${line}, slices=${times.length}`);
	}
}

const outputs: ServiceOutput[] = [];
const machine = kvMachine();
const commands = new CommandCodec(codec, kvWords);
const serverOf = (): ServiceServer<KvTypes> =>
	new ServiceServer<KvTypes>({
		codec,
		machine,
		now: () => performance.now(),
		wallNow: () => Date.now(),
		send: output => outputs.push(output),
		reply: () => undefined,
	});

const server = serverOf();
let index = 0;

/** The next entries: puts to keys all over the state. */
function nextEntries(count: number): LogEntry[] {
	return Array.from({length: count}, () => {
		index += 1;
		const key = `key:${index <= keys + 1 ? index : (index * 7919) % keys}`;
		const write = {type: 'put', key, value: new Uint8Array(valueBytes)} as const;
		const sequence = index - 1;
		const command: Command<KvTypes> =
			index === 1
				? {type: 'openSession', closes: 0}
				: {
						type: 'writes',
						session: 1,
						acknowledged: Math.max(0, sequence - 1),
						after: Math.max(0, sequence - 1),
						writes: [{sequence, write}],
					};
		return {index, term: term(1), type: 'command', command: commands.encodeCommand(command)};
	});
}

function applySlices(phase: Phase, count: number): void {
	server.handle({type: 'apply', entries: nextEntries(count)});
	while (phase.time(() => server.slice()));
}

const filling = new Phase('apply while filling');
for (let filled = 0; filled < keys; filled += 5000) applySlices(filling, Math.min(5000, keys - filled + 1));
filling.print();

const freezing = new Phase('freeze and first chunk');
const encoding = new Phase('encode a chunk');
const applying = new Phase('apply during the snapshot');
const chunks: Uint8Array[] = [];
outputs.length = 0;
server.handle({type: 'takeSnapshot'});
freezing.time(() => server.slice());
const at = index;
for (let isDone = false; !isDone;) {
	while (server.slice());
	const chunk = outputs.splice(0).find(output => output.type === 'snapshotChunk');
	if (chunk?.type === 'snapshotChunk') {
		chunks.push(chunk.data);
		isDone = chunk.done;
	}
	if (isDone) break;
	applySlices(applying, 256);
	server.handle({type: 'snapshotChunkStored', index: at});
	encoding.time(() => server.slice());
}
freezing.print();
encoding.print();
applying.print();
const megabytes = chunks.reduce((sum, {length}) => sum + length, 0) / 2 ** 20;

const restoring = new Phase('take a snapshot in');
const target = serverOf();
const configuration = {voters: [], learners: []};
target.handle({type: 'installSnapshot', snapshot: {lastIncludedIndex: at, lastIncludedTerm: term(1), configuration}});
for (const [place, data] of chunks.entries()) {
	target.handle({type: 'installChunk', index: at, data, done: place === chunks.length - 1});
	while (restoring.time(() => target.slice()));
}
restoring.print();
console.log(`snapshot keys=${target.state.machine.itemCount} chunks=${chunks.length}: ${megabytes.toFixed(1)} MiB`);
