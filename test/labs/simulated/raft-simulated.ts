/** Raft servers on virtual time, the lab's service on each. */
import {nodeEndpoint} from '../../../src/faults/endpoint.js';
import type {LabMode} from '../../../src/faults/fault-plan.js';
import type {NodeService, ServiceTools} from '../../../src/simulation/node-context.js';
import {hardStateBytes} from '../accounting.js';
import type {Accepted, RaftCluster, RaftClusterOptions, RaftView, Traffic} from '../harness.js';
import {labRaftLimits} from '../raft/cluster-options.js';
import {LabService, maxRaftState} from '../raft/lab-service.js';
import {drawClusterParameters} from './parameters.js';
import {SimulatedServers, type Surroundings} from './simulated-servers.js';

/** Between a row and a server, ms: as between two threads. */
const callMs = [0.01, 0.1] as const;

type Answer = (accepted: Accepted | undefined) => void;

/** The lab's service as a node's; who proposes waits here for the answer. */
class SimulatedLabService implements NodeService {
	readonly #service: LabService;
	readonly #answers = new Map<number, Answer>();
	#lastCall = 0;

	constructor({node, send, entries}: ServiceTools, {applied}: RaftClusterOptions) {
		applied.started(node);
		this.#service = new LabService({
			send,
			entries,
			started: (call, accepted) => {
				this.#answers.get(call)?.(accepted);
				this.#answers.delete(call);
			},
			applied: (firstIndex, newEntries) => applied.applied(node, firstIndex, newEntries),
			restored: (index, commands) => applied.restored(node, index, commands),
		});
	}

	propose(command: string, answer: Answer): void {
		this.#lastCall += 1;
		this.#answers.set(this.#lastCall, answer);
		this.#service.start(this.#lastCall, command);
	}

	/** The server has crashed: nobody will be answered. */
	end(): void {
		for (const answer of this.#answers.values()) answer(undefined);
	}

	handle(input: Parameters<NodeService['handle']>[0]): void {
		this.#service.handle(input);
	}

	slice(): boolean {
		return false;
	}

	/** All that it has to say is said at once. */
	flush(): boolean {
		return false;
	}
}

export class RaftSimulated implements RaftCluster {
	readonly #surroundings: Surroundings;
	readonly #servers: SimulatedServers<SimulatedLabService>;

	constructor(options: RaftClusterOptions, surroundings: Surroundings) {
		this.#surroundings = surroundings;
		const {servers, snapshots, died} = options;
		const parameters = drawClusterParameters(surroundings.random.fork('parameters'), {
			maxRaftState: snapshots ? maxRaftState : undefined,
			limits: labRaftLimits,
		});
		this.#servers = new SimulatedServers(
			{
				servers,
				clerks: 0,
				parameters,
				newService: tools => new SimulatedLabService(tools, options),
				served: () => undefined,
				committed: () => undefined,
				clerkEvent: ({type}) => died(new Error(`a Raft cluster has no clerks, but '${type}'`)),
				died,
			},
			surroundings,
		);
		for (const {id} of this.#servers.nodes) this.#servers.start(id);
	}

	async start(server: number, command: string): Promise<Accepted | undefined> {
		return this.#call(server, resolve => {
			const node = this.#servers.node(server);
			if (node.isUp) node.ask(service => service.propose(command, resolve));
			else resolve(undefined);
		});
	}

	async view(server: number): Promise<RaftView | undefined> {
		return this.#call(server, resolve => {
			const {status} = this.#servers.node(server);
			if (status === undefined) return resolve(undefined);
			const {currentTerm: term, role, logBytes} = status;
			resolve({term, isLeader: role === 'leader', stateBytes: logBytes + hardStateBytes});
		});
	}

	disconnect(server: number): void {
		this.#servers.network.plan.isolate(server);
	}

	connect(server: number): void {
		this.#servers.network.plan.clear(`isolate ${nodeEndpoint(server)}`);
	}

	setMode(mode: LabMode, on: boolean): void {
		this.#servers.network.plan.setMode(mode, on);
	}

	async crash(server: number): Promise<void> {
		const {service} = this.#servers.node(server);
		this.#servers.crash(server);
		service?.end();
	}

	async restart(server: number): Promise<void> {
		this.#servers.start(server);
	}

	received(server: number): number {
		return this.#servers.received(server);
	}

	traffic(): Traffic {
		return this.#servers.traffic();
	}

	async close(): Promise<void> {
		this.#servers.close();
	}

	/** A call reaches its server a moment later; one to a server that is down meanwhile gives `undefined`. */
	async #call<T>(server: number, action: (resolve: (answer: T | undefined) => void) => void): Promise<T | undefined> {
		const {time, random} = this.#surroundings;
		const [minMs, maxMs] = callMs;
		if (!this.#servers.node(server).isUp) return undefined;
		return new Promise(resolve => {
			time.after(minMs + random.float() * (maxMs - minMs), () =>
				action(answer => {
					time.wakeRow();
					resolve(answer);
				}),
			);
		});
	}
}
