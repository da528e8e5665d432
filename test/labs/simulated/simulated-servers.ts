/** The servers of a simulated cluster and the network between them, whatever runs on them. */
import type {Random} from '../../../src/base/random.js';
import {kindOf} from '../../../src/raft/message-kind.js';
import type {LogEntry, RaftMessage} from '../../../src/raft/types.js';
import type {SimulationEvent} from '../../../src/simulation/events.js';
import {LogJudge} from '../../../src/simulation/log-judge.js';
import {SimulatedNetwork} from '../../../src/simulation/network.js';
import type {NodeService, ServiceTools} from '../../../src/simulation/node-context.js';
import {SimulatedNode} from '../../../src/simulation/simulated-node.js';
import type {TraceHash} from '../../../src/simulation/trace-hash.js';
import {trafficOf} from '../accounting.js';
import type {Traffic} from '../harness.js';
import type {ClusterParameters} from './parameters.js';
import type {VirtualTime} from './virtual-time.js';

/** Where a cluster is: what it shares with its row. */
export interface Surroundings {
	readonly time: VirtualTime;
	readonly random: Random;
	readonly trace: TraceHash;
}

export type NodeEvent = Extract<SimulationEvent, {type: 'message' | 'disk' | 'timer' | 'turn'}>;
export type ClerkEvent = Extract<SimulationEvent, {type: 'request' | 'reply' | 'lost' | 'clientTimer'}>;

export interface SimulatedServersOptions<Service extends NodeService> {
	readonly servers: number;
	/** Clerks that the network has places for. */
	readonly clerks: number;
	readonly parameters: ClusterParameters;
	readonly newService: (tools: ServiceTools) => Service;
	/** After each turn of a server. */
	readonly served: (server: number, service: Service) => void;
	/** Each entry once, when the first server commits it. */
	readonly committed: (entry: LogEntry) => void;
	/** What happens to clerks, and to servers for their sake. */
	readonly clerkEvent: (event: ClerkEvent) => void;
	/** Something that must never happen, seen by a judge of the simulator's. */
	readonly died: (error: Error) => void;
}

export class SimulatedServers<Service extends NodeService> {
	readonly network: SimulatedNetwork;
	readonly nodes: readonly SimulatedNode<Service>[];
	readonly #options: SimulatedServersOptions<Service>;
	readonly #surroundings: Surroundings;
	readonly #random: Random;
	readonly #logs: LogJudge;
	/** By server: Raft requests since it was last started. */
	readonly #received: number[];
	#requests = 0;
	#bytes = 0;
	#isClosed = false;

	constructor(options: SimulatedServersOptions<Service>, surroundings: Surroundings) {
		this.#options = options;
		this.#surroundings = surroundings;
		const {servers: nodeCount, clerks: clientCount, committed, parameters} = options;
		const {time, random} = surroundings;
		this.#random = random.fork('servers');
		this.#logs = new LogJudge(nodeCount, this.report, committed);
		this.#received = Array.from({length: nodeCount}, () => 0);
		this.network = new SimulatedNetwork({
			nodeCount,
			clientCount,
			latency: parameters.latency,
			random: random.fork('network'),
			now: time.now,
			schedule: this.schedule,
		});
		this.nodes = Array.from({length: nodeCount}, (_, id) => this.#newNode(id));
	}

	/** A broken promise of the cluster's ends the row. */
	readonly report = (invariant: string, detail: string): void => {
		this.#surroundings.time.wakeRow();
		this.#options.died(new Error(`${invariant}: ${detail}`));
	};

	readonly schedule = (delayMs: number, event: SimulationEvent): void => {
		this.#surroundings.time.after(delayMs, () => this.#dispatch(event));
	};

	/** Throws when the cluster is closed. */
	node(server: number): SimulatedNode<Service> {
		if (this.#isClosed) throw new Error('the cluster is closed');
		return this.nodes[server]!;
	}

	/** Starts a server that is down from what is on its disk. */
	start(server: number): void {
		const node = this.node(server);
		if (node.isUp) return;
		this.#received[server] = 0;
		node.start();
	}

	/** Ends a server where it is, its process or its machine. */
	crash(server: number): void {
		this.node(server).crash(this.#random.pick(this.#options.parameters.deaths));
	}

	received(server: number): number {
		return this.#received[server] ?? 0;
	}

	traffic(): Traffic {
		return trafficOf({requests: this.#requests, bytes: this.#bytes});
	}

	/** A request of a clerk enters the network. */
	count(bytes: number): void {
		this.#requests += 1;
		this.#bytes += bytes;
	}

	/** Nothing happens any more. */
	close(): void {
		this.#isClosed = true;
	}

	#newNode(id: number): SimulatedNode<Service> {
		const {servers: nodeCount, parameters, newService, served} = this.#options;
		return new SimulatedNode<Service>(id, {
			parameters: parameters.node,
			nodeCount,
			random: this.#surroundings.random.fork(`server ${id}`),
			logs: this.#logs,
			report: this.report,
			now: this.#surroundings.time.now,
			wallNow: this.#surroundings.time.now,
			schedule: this.schedule,
			send: (from, to, message) => this.#send(from, to, message),
			newService,
			served,
			failed: (server, error) => this.report('noCrash', `server ${server} ended: ${error.message}`),
		});
	}

	#send(from: number, to: number, message: RaftMessage): void {
		const bytes = payloadBytes(message);
		const kind = kindOf(message);
		this.#bytes += bytes;
		if (kind === 'request') this.#requests += 1;
		this.network.send(from, to, kind, bytes, {type: 'message', from, node: to, message});
	}

	#dispatch(event: SimulationEvent): void {
		if (this.#isClosed) return;
		switch (event.type) {
			case 'message':
			case 'disk':
			case 'timer':
			case 'turn':
				this.#dispatchToNode(event);
				break;
			case 'request':
			case 'reply':
			case 'lost':
			case 'clientTimer':
				this.#options.clerkEvent(event);
				break;
			default:
				throw new Error(`a row has no event '${event.type}'`);
		}
		this.#note(event);
	}

	#dispatchToNode(event: NodeEvent): void {
		const node = this.nodes[event.node]!;
		if (event.type === 'message') {
			if (!node.isUp) return;
			if (kindOf(event.message) === 'request') this.#received[event.node]! += 1;
			return node.message(event.from, event.message);
		}
		if (event.life !== node.life) return;
		switch (event.type) {
			case 'disk':
				return node.diskDone(event.callback);
			case 'timer':
				return node.timer(event.timer);
			case 'turn':
				return node.turn();
			default:
				return event satisfies never;
		}
	}

	#note(event: SimulationEvent): void {
		const {trace, time} = this.#surroundings;
		trace.number(time.now());
		trace.number(event.type.length);
		if (!('node' in event)) return;
		const {term, commitIndex, lastIndex} = this.#logs.glimpse(event.node);
		for (const number of [event.node, term, commitIndex, lastIndex]) trace.number(number);
	}
}

/** As the router of the threads counts them: entries and snapshots. */
function payloadBytes(message: RaftMessage): number {
	if (message.type === 'appendEntries') return message.entries.length;
	return message.type === 'installSnapshot' ? message.data.length : 0;
}
