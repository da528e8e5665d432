/** Has another node of a cluster lead, and says what became of that. */
import {setTimeout as sleep} from 'node:timers/promises';
import {ThreadraftError} from '../../src/base/errors.js';
import type {TransferOutcome} from '../../src/raft/transfer-outcome.js';
import type {Milliseconds, NodeId, Term} from '../../src/raft/types.js';
import {isAborted, unlessAborted} from '../abort.js';
import {milliseconds, checkArgument} from '../options/check-options.js';
import {ThreadError} from './errors.js';
import {describeTransferFailure} from './transfer-text.js';

/** How a transfer of the leadership is waited for. All of it can be left out. */
export interface TransferOptions {
	/** How long a leader, and then the transfer, are waited for, ms. @default 5000 */
	readonly timeoutMs?: Milliseconds;
	/** Ends the wait when it is aborted. A transfer that has begun goes on. */
	readonly signal?: AbortSignal | undefined;
}

/** The leadership has gone from one node to another. */
export interface LeadershipTransfer {
	readonly from: NodeId;
	readonly to: NodeId;
	/** Of the new leadership. */
	readonly term: Term;
}

/** Another node does not lead, though it was wanted: the code says why. Nothing is lost by it, and it may be wanted again. */
export class TransferError extends ThreadraftError {
	override readonly name = 'TransferError';
	readonly code:
		| 'ERR_TRANSFER_UNKNOWN_NODE'
		| 'ERR_TRANSFER_NODE_DOWN'
		| 'ERR_TRANSFER_NO_LEADER'
		| 'ERR_TRANSFER_ALREADY_LEADER'
		| 'ERR_TRANSFER_UNDER_WAY'
		| 'ERR_TRANSFER_GIVEN_UP';

	constructor(code: TransferError['code'], message: string, options?: ErrorOptions) {
		super(message, options);
		this.code = code;
	}
}

/** What a transfer needs of a cluster. */
export interface TransferableCluster {
	readonly nodeIds: readonly NodeId[];
	leader(): Promise<NodeId | undefined>;
	/** The life of a node that is up. */
	replicaOf(id: NodeId): TransferringNode | undefined;
}

interface TransferringNode {
	transferLeadership(to: NodeId | undefined, timeoutMs: Milliseconds): Promise<TransferOutcome>;
}

const pollMs = 20;

/** See `Cluster.transferLeadership`. */
export async function transferLeadership(
	cluster: TransferableCluster,
	to: NodeId | undefined,
	{timeoutMs = 5000, signal}: TransferOptions,
	now: () => Milliseconds,
): Promise<LeadershipTransfer> {
	checkArgument('timeoutMs', milliseconds(0), timeoutMs);
	if (to !== undefined && !cluster.nodeIds.includes(to)) {
		const message = `there is no node ${to}: nodes are 0 to ${cluster.nodeIds.length - 1}`;
		throw new TransferError('ERR_TRANSFER_UNKNOWN_NODE', message);
	}
	if (to !== undefined && cluster.replicaOf(to) === undefined) {
		throw new TransferError('ERR_TRANSFER_NODE_DOWN', `node ${to} is not up: restart it first`);
	}
	const attempt = new TransferAttempt(cluster, to, now() + timeoutMs, now);
	return unlessAborted(signal, 'a transfer of the leadership', () => attempt.run(timeoutMs, signal));
}

class TransferAttempt {
	readonly #cluster: TransferableCluster;
	readonly #to: NodeId | undefined;
	readonly #deadline: Milliseconds;
	readonly #now: () => Milliseconds;

	constructor(cluster: TransferableCluster, to: NodeId | undefined, deadline: Milliseconds, now: () => Milliseconds) {
		this.#cluster = cluster;
		this.#to = to;
		this.#deadline = deadline;
		this.#now = now;
	}

	async run(timeoutMs: Milliseconds, signal: AbortSignal | undefined): Promise<LeadershipTransfer> {
		while (!isAborted(signal)) {
			const from = await this.#cluster.leader();
			if (from !== undefined && from === this.#to) {
				throw new TransferError('ERR_TRANSFER_ALREADY_LEADER', `node ${from} leads already`);
			}
			// Who answers it is this very life of the leader.
			const outcome = from === undefined ? undefined : await this.#ask(from);
			if (from !== undefined && outcome !== undefined && !isOfFormerLeader(outcome)) return this.#result(from, outcome);
			if (this.#now() >= this.#deadline) break;
			await sleep(pollMs);
		}
		throw new TransferError(
			'ERR_TRANSFER_NO_LEADER',
			`no node led within ${timeoutMs} ms: is a majority of the nodes up and connected?`,
		);
	}

	/** `undefined`: the node is not up any more. */
	async #ask(from: NodeId): Promise<TransferOutcome | undefined> {
		try {
			const left = Math.max(1, this.#deadline - this.#now());
			return await this.#cluster.replicaOf(from)?.transferLeadership(this.#to, left);
		} catch (error) {
			if (!(error instanceof ThreadError)) throw error;
			const message = `nobody knows what became of the transfer: node ${from}, which led, has ended or does not answer`;
			throw new TransferError('ERR_TRANSFER_GIVEN_UP', `${message}. Ask who leads, and try again`, {cause: error});
		}
	}

	#result(from: NodeId, outcome: TransferOutcome): LeadershipTransfer {
		switch (outcome.type) {
			case 'done':
				return {from, to: outcome.to, term: outcome.term};
			case 'givenUp': {
				const message = `the transfer from node ${from} to node ${outcome.to} was given up: ${describeTransferFailure(outcome.reason)}`;
				throw new TransferError('ERR_TRANSFER_GIVEN_UP', `${message}. Try again, or choose another node`);
			}
			case 'refused':
				throw this.#refusal(from, outcome.reason);
			default:
				return outcome satisfies never;
		}
	}

	#refusal(from: NodeId, reason: Extract<TransferOutcome, {type: 'refused'}>['reason']): TransferError {
		if (reason === 'underWay') {
			const message = `node ${from} is handing its place over already: wait until that is done or given up`;
			return new TransferError('ERR_TRANSFER_UNDER_WAY', message);
		}
		if (reason === 'noSuccessor') {
			const message = `no other node answers node ${from}, which leads: is a majority of the nodes up and connected?`;
			return new TransferError('ERR_TRANSFER_NODE_DOWN', message);
		}
		return new TransferError('ERR_TRANSFER_UNKNOWN_NODE', `node ${this.#to} does not vote, so it cannot lead`);
	}
}

/** Whoever was asked led no more, or only then came to lead: the leader is looked for again. */
function isOfFormerLeader(outcome: TransferOutcome): boolean {
	return outcome.type === 'refused' && (outcome.reason === 'notLeader' || outcome.reason === 'alreadyLeader');
}
