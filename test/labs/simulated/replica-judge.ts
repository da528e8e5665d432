/** Compares the replicas with one that applies what is committed, never restarts and never sees a snapshot. */
import {codec} from '../../../actors/codec/codec.js';
import {type KvLimits} from '../../../src/kv/limits.js';
import {kvMachine} from '../../../src/kv/state-machine.js';
import type {KvTypes} from '../../../src/kv/words.js';
import {ReplicatedState} from '../../../src/service/replicated-state.js';
import type {SessionLimits} from '../../../src/service/sessions.js';
import type {LogEntry} from '../../../src/raft/types.js';

/** A replica's state is hashed when its index is a multiple of this. */
const hashEvery = 256;

export class ReplicaJudge {
	readonly #golden: ReplicatedState<KvTypes>;
	readonly #hashes = new Map<number, string>();
	/** By server: the last index that was looked at. */
	readonly #judged = new Map<number, number>();
	readonly #report: (invariant: string, detail: string) => void;

	constructor(limits: Partial<KvLimits & SessionLimits>, report: (invariant: string, detail: string) => void) {
		this.#golden = new ReplicatedState<KvTypes>({codec, machine: kvMachine(limits), limits});
		this.#report = report;
	}

	/** Entries in the order of the log. */
	committed(entry: LogEntry): void {
		this.#golden.apply(entry);
		if (entry.index % hashEvery === 0) this.#hashes.set(entry.index, this.#golden.stateHash());
	}

	applied(server: number, state: ReplicatedState<KvTypes>): void {
		const index = state.appliedIndex;
		if (index === 0 || this.#judged.get(server) === index) return;
		this.#judged.set(server, index);
		if (index > this.#golden.appliedIndex) {
			this.#report('stateMachineSafety', `server ${server} applied index ${index}, which is not committed`);
		} else if (index % hashEvery === 0 && state.stateHash() !== this.#hashes.get(index)) {
			this.#report('sameState', `server ${server} has another state at index ${index} than the log makes`);
		}
	}
}
