import type {Effect} from '../../../src/raft/effects.js';
import type {RaftLimits} from '../../../src/raft/options.js';
import type {RaftNode} from '../../../src/raft/raft-node.js';
import {type LogEntry, nodeId, type NodeId, type RaftMessage, type Term} from '../../../src/raft/types.js';
import {type NodeSpec, newNode, clusterOf, received, stepDurably, tick} from './node.js';

interface Letter {
	readonly from: NodeId;
	readonly to: NodeId;
	readonly message: RaftMessage;
}

/** A few nodes whose messages and disks take no time, and whose clock moves only when told. No snapshots. */
export class Lockstep {
	readonly nodes: readonly RaftNode[];
	/** What was delivered so far. */
	readonly delivered: Letter[] = [];
	/** Says whether a message arrives. */
	isUp: (from: NodeId, to: NodeId, message: RaftMessage) => boolean = () => true;
	now = 0;
	#letters: Letter[] = [];

	constructor(specs: readonly NodeSpec[], limits: Partial<RaftLimits> = {}) {
		const configuration = clusterOf(specs.length);
		this.nodes = specs.map((spec, id) => newNode({configuration, limits, ...spec, id: nodeId(id)}));
	}

	node(id: number): RaftNode {
		return this.nodes[id]!;
	}

	/** Only these talk to each other. */
	connectOnly(...ids: readonly number[]): void {
		this.isUp = (from, to) => ids.includes(from) && ids.includes(to);
	}

	/** Lets the election timeout of a node pass, and everything that follows happen. */
	campaign(id: number): void {
		// Long enough for everybody to have forgotten the last leader.
		this.now += 1000;
		this.#collect(id, stepDurably(this.node(id), [tick], this.now));
		this.settle();
	}

	/** Lets every leader send its heartbeats, and everything that follows happen. */
	heartbeat(): void {
		this.now += 60;
		for (const [id, node] of this.nodes.entries()) {
			if (node.status().role === 'leader') this.#collect(id, stepDurably(node, [tick], this.now));
		}
		this.settle();
	}

	propose(id: number, ...commands: readonly string[]): void {
		const input = {
			type: 'propose',
			proposalId: 1,
			commands: commands.map(text => new Uint8Array(Buffer.from(text))),
		} as const;
		this.#collect(id, stepDurably(this.node(id), [input], this.now));
		this.settle();
	}

	/** Delivers until nobody has anything to say. */
	settle(): void {
		for (let letter = this.#letters.shift(); letter !== undefined; letter = this.#letters.shift()) {
			const {from, to, message} = letter;
			if (!this.isUp(from, to, message)) continue;
			this.delivered.push(letter);
			this.#collect(to, stepDurably(this.node(to), [received(from, message)], this.now));
		}
	}

	log(id: number): readonly LogEntry[] {
		return this.node(id).entries(1, this.node(id).status().lastIndex + 1);
	}

	terms(id: number): readonly Term[] {
		return this.log(id).map(({term}) => term);
	}

	#collect(id: number, effects: readonly Effect[]): void {
		for (const effect of effects) {
			if (effect.type === 'send') this.#letters.push({from: nodeId(id), to: effect.to, message: effect.message});
		}
	}
}
