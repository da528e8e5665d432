/** A KV server with a witness at it: what its replica holds, and whether it may answer a read already. */
import {KvServer, type ServerOptions} from '../kv/server.js';
import type {KvStateMachine} from '../kv/state-machine.js';
import type {KvReply, KvRequest} from '../kv/types.js';
import type {LogIndex, ServiceInput, ServiceOutput} from '../raft/types.js';
import type {ServiceJudge} from './service-judge.js';
import type {NodeService} from './simulated-node.js';
import type {Report} from './violation.js';

interface Witness {
	readonly node: number;
	readonly services: ServiceJudge;
	readonly report: Report;
}

export class WatchedServer implements NodeService {
	readonly #witness: Witness;
	readonly #server: KvServer;
	/** Clients' reads that the server has not asked the node about yet. */
	#newReads: number[] = [];
	/** By read of the server: the clients' reads in it. */
	readonly #reads = new Map<number, readonly number[]>();
	/** By client's read: the index that the state must have when it is answered. */
	readonly #readIndexes = new Map<number, LogIndex>();
	/** Of the snapshot that is being loaded. */
	#restoringIndex: LogIndex | undefined;
	#judgedIndex: LogIndex = 0;

	constructor(options: ServerOptions, witness: Witness) {
		this.#witness = witness;
		this.#server = new KvServer({
			...options,
			send: output => {
				this.#noteOutput(output);
				options.send(output);
			},
			reply: (replyTo, reply) => {
				this.#judgeRead(replyTo, reply);
				options.reply(replyTo, reply);
			},
		});
	}

	get stateMachine(): KvStateMachine {
		return this.#server.stateMachine;
	}

	get pendingCount(): number {
		return this.#server.pendingCount;
	}

	request(replyTo: number, request: KvRequest): void {
		if (request.type === 'read') this.#newReads.push(replyTo);
		this.#server.request(replyTo, request);
	}

	cancel(replyTo: number): void {
		this.#server.cancel(replyTo);
	}

	handle(input: ServiceInput): void {
		if (input.type === 'installSnapshot') this.#restoringIndex = input.snapshot.lastIncludedIndex;
		if (input.type === 'readReady') {
			for (const replyTo of this.#reads.get(input.readId) ?? []) this.#readIndexes.set(replyTo, input.readIndex);
			this.#reads.delete(input.readId);
		}
		this.#server.handle(input);
	}

	slice(): boolean {
		return this.#server.slice();
	}

	flush(): boolean {
		return this.#server.flush();
	}

	/** After a turn. */
	judge(): void {
		const {node, services} = this.#witness;
		const {stateMachine} = this.#server;
		const {appliedIndex} = stateMachine;
		if (appliedIndex !== this.#judgedIndex) {
			this.#judgedIndex = appliedIndex;
			services.applied(node, stateMachine);
		}
		if (this.#restoringIndex === undefined || appliedIndex < this.#restoringIndex) return;
		this.#restoringIndex = undefined;
		services.restored(node, stateMachine);
	}

	#noteOutput(output: ServiceOutput): void {
		if (output.type === 'snapshotChunk') this.#witness.services.snapshotBegun(output.index);
		if (output.type !== 'read') return;
		this.#reads.set(output.readId, this.#newReads);
		this.#newReads = [];
	}

	#judgeRead(replyTo: number, reply: KvReply): void {
		const readIndex = this.#readIndexes.get(replyTo);
		this.#readIndexes.delete(replyTo);
		const {appliedIndex} = this.#server.stateMachine;
		if (readIndex === undefined || reply.type !== 'outcomes' || appliedIndex >= readIndex) return;
		const {node, report} = this.#witness;
		report('readIndex', `node ${node} reads for index ${readIndex} its state at ${appliedIndex}`);
	}
}
