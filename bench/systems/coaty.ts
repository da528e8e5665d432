/**
 * `@coaty/consensus.raft`: etcd's algorithm in JavaScript. Its core alone, all nodes in one process and on one thread, in
 * memory, messages handed over as they are: nothing here waits for a thread, a port or a copy.
 */
import {cpuClock} from '../cpu.js';
import {fill, runLoad} from '../load.js';
import type {Executor} from '../../actors/executor.js';
import type {Operation, Result} from '../../src/kv/types.js';
import {requirePeer} from './peer-packages.js';
import type {RunningSystem, StartOptions} from './system.js';

/** What is used of the package; it is loaded only where it is installed. */
interface RawNode {
	step(message: PeerMessage): Error | null;
	tick(): void;
	campaign(): Error | null;
	propose(data: Proposal): Error | null;
	readIndex(context: string): void;
	applyConfChange(change: unknown): unknown;
	hasReady(): boolean;
	ready(): Ready;
	advance(ready: Ready): void;
}
interface Ready {
	readonly hardState: {isEmptyHardState(): boolean};
	readonly entries: readonly unknown[];
	readonly committedEntries: readonly {readonly type: number; readonly index: number; readonly data: unknown}[];
	readonly messages: readonly PeerMessage[];
	readonly readStates: readonly {readonly requestCtx: string}[];
}
interface PeerMessage {
	readonly to: string;
}
interface PeerStorage {
	Append(entries: readonly unknown[]): unknown;
	SetHardState(state: unknown): unknown;
	Compact(index: number): unknown;
}
interface Proposal {
	readonly id: number;
	readonly operation: Operation;
}
interface Member {
	readonly id: string;
	readonly node: RawNode;
	readonly storage: PeerStorage;
	readonly map: Map<string, Uint8Array>;
	compacted: number;
}

const tickMs = 100;
const electionTick = 10;
/** Of the log, entries behind what is applied that are kept, and how many more before it is cut. */
const kept = 10_000;
const normalEntry = 0;

export async function startCoaty({nodes}: StartOptions): Promise<RunningSystem> {
	const client = new CoatyClient(newMembers(nodes));
	await fill(client);
	return {measure: load => runLoad(client, load, cpuClock()), stop: async () => client.close()};
}

function newMembers(count: number): readonly Member[] {
	const load = (part: string): Record<string, never> => requirePeer(`@coaty/consensus.raft/ported/${part}`);
	const {RaftConfig} = load('raft') as unknown as {RaftConfig: new (config: unknown) => unknown};
	const {MemoryStorage} = load('storage') as unknown as {MemoryStorage: {NewMemoryStorage(): PeerStorage}};
	const {RawNode} = load('rawnode') as unknown as {RawNode: {NewRawNode(config: unknown): RawNode}};
	const {Bootstrap} = load('bootstrap') as unknown as {Bootstrap: (node: RawNode, peers: unknown) => Error | null};
	const {discardLogger} = load('logger') as unknown as {discardLogger: unknown};
	const peers = Array.from({length: count}, (_, id) => ({id: String(id + 1), context: null}));
	return peers.map(({id}) => {
		const storage = MemoryStorage.NewMemoryStorage();
		const limits = {maxSizePerMsg: 2 ** 20, maxInflightMsgs: 256, maxUncommittedEntriesSize: 2 ** 30};
		const times = {electionTick, heartbeatTick: 1};
		const node = RawNode.NewRawNode(new RaftConfig({id, storage, logger: discardLogger, ...limits, ...times}));
		Bootstrap(node, peers);
		return {id, node, storage, map: new Map(), compacted: 0};
	});
}

class CoatyClient implements Executor {
	readonly #members: ReadonlyMap<string, Member>;
	readonly #leader: Member;
	readonly #waiters = new Map<number, (result: Result) => void>();
	/** Wait for the next question to the others, and for the answer to the one that is asked. */
	#reads: (() => void)[] = [];
	#asked: (() => void)[] = [];
	readonly #timer: NodeJS.Timeout;
	#isInTurn = false;
	#nextId = 0;

	constructor(members: readonly Member[]) {
		this.#members = new Map(members.map(member => [member.id, member]));
		this.#leader = members[0]!;
		this.#turn();
		this.#leader.node.campaign();
		this.#turn();
		this.#timer = setInterval(() => {
			for (const {node} of members) node.tick();
			this.#turn();
		}, tickMs);
	}

	async execute(operation: Operation): Promise<Result> {
		return new Promise((resolve, reject) => {
			if (!this.#isInTurn) setImmediate(() => this.#turn());
			this.#isInTurn = true;
			if (operation.type === 'get') {
				this.#reads.push(() => resolve({type: 'value', value: this.#leader.map.get(operation.key), version: 0}));
				return;
			}
			const id = this.#nextId++;
			this.#waiters.set(id, resolve);
			const error = this.#leader.node.propose({id, operation});
			if (error !== null) reject(error);
		});
	}

	close(): void {
		clearInterval(this.#timer);
	}

	/** Until nobody has anything to do. */
	#turn(): void {
		this.#isInTurn = false;
		this.#ask();
		for (let isBusy = true; isBusy;) {
			isBusy = false;
			for (const member of this.#members.values()) {
				if (!member.node.hasReady()) continue;
				isBusy = true;
				this.#carryOut(member, member.node.ready());
			}
		}
	}

	#ask(): void {
		if (this.#asked.length > 0 || this.#reads.length === 0) return;
		this.#asked = this.#reads;
		this.#reads = [];
		this.#leader.node.readIndex(String(this.#nextId++));
	}

	#carryOut(member: Member, ready: Ready): void {
		if (ready.entries.length > 0) member.storage.Append(ready.entries);
		if (!ready.hardState.isEmptyHardState()) member.storage.SetHardState(ready.hardState);
		for (const message of ready.messages) this.#members.get(message.to)?.node.step(message);
		for (const {type, data} of ready.committedEntries) {
			if (type !== normalEntry) member.node.applyConfChange(data);
			else if (data !== null) this.#apply(member, data as Proposal);
		}
		member.node.advance(ready);
		this.#compact(member, ready.committedEntries.at(-1)?.index ?? 0);
		if (member === this.#leader && ready.readStates.length > 0) this.#answerReads();
	}

	#apply(member: Member, {id, operation}: Proposal): void {
		if (operation.type === 'put') member.map.set(operation.key, operation.value);
		if (member !== this.#leader) return;
		const waiter = this.#waiters.get(id);
		this.#waiters.delete(id);
		waiter?.({type: 'written', version: 0, length: 0});
	}

	#answerReads(): void {
		const answered = this.#asked;
		this.#asked = [];
		for (const answer of answered) answer();
		this.#ask();
	}

	#compact(member: Member, applied: number): void {
		if (applied - member.compacted < 2 * kept) return;
		member.compacted = applied - kept;
		member.storage.Compact(member.compacted);
	}
}
