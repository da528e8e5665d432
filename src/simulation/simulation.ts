/**
 * A whole cluster in one thread on virtual time: N nodes with the real core, driver, write-ahead log and KV server,
 * clients with the real clerk, a network, disks and clocks, and faults from a schedule.
 *
 *      heap of events ──▶ one event ──▶ node or client ──▶ more events
 *                              └──▶ judges: what must hold after every event
 *
 * Nothing here waits: no promises, no timers, no microtasks. The same options give the same run, bit for bit.
 */
import type {FaultEvent} from '../faults/faults.js';
import {Random} from '../base/random.js';
import type {Schedule as FaultSchedule} from '../faults/nemesis.js';
import type {Codec} from '../base/codec.js';
import type {ServiceReply, ServiceRequest} from '../service/types.js';
import {Recorder} from '../linearizability/recorder.js';
import type {KvHistory} from '../linearizability/kv-operation.js';
import {kindOf} from '../raft/message-kind.js';
import type {InstallSnapshot, RaftMessage} from '../raft/types.js';
import {Availability} from './availability.js';
import {EventQueue} from './event-queue.js';
import {defaultClerkLimits} from '../service/clerk.js';
import {kvMachine} from '../kv/state-machine.js';
import {kvWords} from '../kv/words.js';
import {CommandCodec} from '../service/command-codec.js';
import {Coverage, type CoverageCounts} from './coverage.js';
import type {SimulationEvent} from './events.js';
import {FaultInjector} from './fault-injector.js';
import {Liveness} from './liveness.js';
import {LogJudge} from './log-judge.js';
import {SimulatedNetwork} from './network.js';
import type {SimulationParameters} from './parameters.js';
import {ServiceJudge} from './service-judge.js';
import {bytesOfText} from './operation-text.js';
import {SimulatedClient} from './simulated-client.js';
import {SimulatedNode, type Death} from './simulated-node.js';
import {Timeline} from './timeline.js';
import {TraceHash} from './trace-hash.js';
import type {Violation} from './violation.js';
import {WatchedServer} from './watched-server.js';

export interface SimulationSetup {
	readonly seed: number;
	readonly codec: Codec;
	readonly parameters: SimulationParameters;
	readonly faults: FaultSchedule;
	readonly nodeCount: number;
	readonly durationMs: number;
	/** Events that the timeline keeps. */
	readonly timelineLength: number;
}

interface ReplyAddress {
	readonly client: number;
	readonly clientLife: number;
	readonly requestId: number;
}

/** What a run has been through. */
export interface SimulationCounts {
	/** Sent by nodes to nodes. */
	readonly messages: number;
	readonly operations: number;
	readonly done: number;
	readonly failed: number;
	readonly committed: number;
	readonly terms: number;
	readonly crashes: number;
	readonly faults: number;
}

/** Who asks for a write where no client does; its answers are nobody's. */
const judge = -1;

/** From one call of `onProgress` to the next. */
const eventsPerProgress = 256;

/** So many events at one moment of virtual time mean that time has stopped. */
const eventsAtOnceMax = 100_000;

export class Simulation {
	readonly nodes: readonly SimulatedNode[];
	readonly clients: readonly SimulatedClient[];
	readonly logs: LogJudge;
	readonly services: ServiceJudge;
	readonly injector: FaultInjector;
	readonly network: SimulatedNetwork;
	readonly timeline: Timeline;
	readonly coverage = new Coverage();
	readonly setup: SimulationSetup;
	violation: Violation | undefined;
	events = 0;
	readonly #queue = new EventQueue<SimulationEvent>();
	readonly #trace = new TraceHash();
	readonly #recorder = new Recorder(() => Math.round(this.#now * 1e6));
	/** Draws which links break. */
	readonly #links: Random;
	readonly #liveness: Liveness;
	readonly #availability: Availability;
	/** By node: who waits for the reply of this number. */
	readonly #addresses: readonly Map<number, ReplyAddress>[];
	readonly #failedNodes: number[] = [];
	/** By node: who sends it a snapshot whose last chunk has not come yet. */
	readonly #openTransfers = new Map<number, {readonly from: number; readonly term: number}>();
	#now = 0;
	#isOver = false;
	#lastReplyTo = 0;
	#eventsAtOnce = 0;
	#messages = 0;
	#crashes = 0;

	constructor(setup: SimulationSetup) {
		this.setup = setup;
		const {seed, codec, parameters, nodeCount, faults} = setup;
		const random = Random.fromSeed(seed);
		this.timeline = new Timeline(setup.timelineLength);
		const {coverage, report} = this;
		coverage.drawn(parameters);
		this.services = new ServiceJudge({
			codec,
			limits: parameters.server,
			machine: parameters.machine,
			requests: {...defaultClerkLimits, ...parameters.clerk, entryBytesMax: parameters.raft.entryBytesMax},
			report,
			coverage,
		});
		this.logs = new LogJudge(nodeCount, this.report, entry => this.services.committed(entry));
		this.#addresses = Array.from({length: nodeCount}, () => new Map<number, ReplyAddress>());
		const clientCount = parameters.workload.clients;
		const {now, schedule} = this;
		const {latency, echo} = parameters;
		const common = {now, schedule, latency, echo, echoUntilMs: setup.durationMs, nodeCount, clientCount};
		this.network = new SimulatedNetwork({...common, random: random.fork('network')});
		this.nodes = Array.from({length: nodeCount}, (_, node) => this.#newNode(node, random.fork(`node ${node}`)));
		this.clients = Array.from({length: clientCount}, (_, client) =>
			this.#newClient(client, random.fork(`client ${client}`)),
		);
		this.injector = new FaultInjector(
			{
				parameters,
				nodes: this.nodes,
				plan: this.network.plan,
				random: random.fork('injector'),
				now,
				schedule,
				crash: (node, death) => this.crash(node, death),
			},
			faults.damagedNodes,
		);
		this.#links = random.fork('links');
		this.#liveness = new Liveness(this, random.fork('liveness'));
		this.#availability = new Availability({
			nodes: this.nodes,
			plan: this.network.plan,
			parameters,
			now,
			commands: () => this.services.commands,
			write: node => this.#writeOfJudge(node),
			report,
			coverage,
		});
	}

	readonly now = (): number => this.#now;

	readonly schedule = (delayMs: number, event: SimulationEvent): void => {
		this.#queue.push(this.#now + delayMs, event);
	};

	readonly report = (invariant: Violation['invariant'], detail: string): void => {
		this.violation ??= {invariant, detail, atMs: this.#now};
		this.#isOver = true;
	};

	/** To the end, or to the first violation. `onProgress`: see `SimulationOptions`. */
	run(onProgress?: () => void): void {
		const {faults, durationMs} = this.setup;
		for (const node of this.nodes) node.start();
		for (const client of this.clients) client.start();
		for (const fault of faults.events) {
			if (fault.atMs < durationMs) this.schedule(fault.atMs, {type: 'fault', fault});
		}
		this.schedule(durationMs, {type: 'look'});
		this.schedule(0, {type: 'watch'});
		while (!this.#isOver && this.#queue.size > 0) {
			if (this.events % eventsPerProgress === 0) onProgress?.();
			this.#advance();
		}
	}

	/** Everything that had to be shown has been shown. */
	finish(): void {
		this.services.cover();
		this.#isOver = true;
	}

	get traceHash(): string {
		return this.#trace.value;
	}

	/**
	 * What the clients saw. Where a client never learned what became of its write, the log knows: that spares the checker
	 * the search, and can hide nothing, because it only adds to what must be explained.
	 */
	get history(): KvHistory {
		const returned = Math.round(this.#now * 1e6);
		return this.#recorder.history().flatMap(operation => {
			if (operation.output !== undefined || !('value' in operation.input)) return [operation];
			const {key, value} = operation.input;
			const version = this.services.answers.revisionOfWrite({type: 'put', key, value: bytesOfText(value)});
			return version === undefined ? [] : [{...operation, return: returned, output: {type: 'written', version}}];
		});
	}

	get counts(): SimulationCounts {
		const sum = (name: 'invoked' | 'done' | 'failed'): number =>
			this.clients.reduce((total, {counts}) => total + counts[name], 0);
		return {
			messages: this.#messages,
			operations: sum('invoked'),
			done: sum('done'),
			failed: sum('failed'),
			committed: this.logs.committedIndex,
			terms: this.logs.highestTerm,
			crashes: this.#crashes,
			faults: this.setup.faults.events.filter(({type}) => type === 'inject').length,
		};
	}

	/** What the run has been through so far. */
	get covered(): CoverageCounts {
		return this.coverage.counts;
	}

	crash(node: SimulatedNode, death: Death): void {
		const addresses = this.#addresses[node.id] as Map<number, ReplyAddress>;
		if (node.isUp) this.#crashes += 1;
		node.crash(death);
		if (this.setup.parameters.isLossNoticed) {
			for (const address of addresses.values()) {
				if (address.client !== judge) this.schedule(1, {type: 'lost', ...address});
			}
		}
		addresses.clear();
	}

	// ----------------------------------------------------------------------------------------------------- events

	#advance(): void {
		const at = this.#queue.nextAt;
		const event = this.#queue.pop();
		this.#eventsAtOnce = at === this.#now ? this.#eventsAtOnce + 1 : 0;
		this.#now = at;
		if (this.#eventsAtOnce > eventsAtOnceMax) this.report('settled', 'virtual time stands still');
		if ('node' in event && this.#isHeldUp(event)) return;
		this.events += 1;
		this.#dispatch(event);
		if (this.#failedNodes.length > 0) for (const node of this.#failedNodes.splice(0)) this.#buryFailed(node);
		this.#note(event);
	}

	/** A paused node takes nothing in; it will find it all when it wakes up. */
	#isHeldUp(event: SimulationEvent & {readonly node: number}): boolean {
		if (event.type === 'restart' || event.type === 'crashAgain') return false;
		const {pausedUntil} = this.nodes[event.node] as SimulatedNode;
		if (pausedUntil <= this.#now) return false;
		this.#queue.push(pausedUntil, event);
		return true;
	}

	#dispatch(event: SimulationEvent): void {
		switch (event.type) {
			case 'message':
				return this.#takeMessage(event);
			case 'request':
				return this.#takeRequest(event);
			case 'cancel':
				return this.#takeCancel(event);
			case 'fault':
				this.injector.take(event.fault);
				this.#countFault(event.fault);
				return this.#availability.changed();
			case 'watch':
				return this.#watch();
			case 'look':
				return this.#liveness.look();
			case 'disk':
			case 'timer':
			case 'turn':
			case 'restart':
			case 'crashAgain':
				return this.#dispatchToNode(event);
			default:
				return this.#dispatchToClient(event);
		}
	}

	#noteChunk(from: number, node: number, {term, done}: InstallSnapshot): void {
		const before = this.#openTransfers.get(node);
		if (before !== undefined && (before.from !== from || before.term !== term)) {
			this.coverage.count('installSnapshot: of another leader than the chunk before');
		}
		if (done) this.#openTransfers.delete(node);
		else this.#openTransfers.set(node, {from, term});
	}

	/** As long as the faults last: after them everything is judged anyway. */
	#watch(): void {
		const {lookEveryMs} = this.#availability;
		this.#availability.look();
		if (this.#now + lookEveryMs < this.setup.durationMs) this.schedule(lookEveryMs, {type: 'watch'});
	}

	#countFault(event: FaultEvent): void {
		if (event.type === 'inject') this.coverage.count(`fault: ${event.id.split(' ')[0]}`);
	}

	#takeMessage({node, from, message}: Extract<SimulationEvent, {type: 'message'}>): void {
		this.coverage.message(message, this.logs.glimpse(node).term);
		if (message.type === 'installSnapshot') this.#noteChunk(from, node, message);
		this.#node(node).message(from, message);
	}

	#dispatchToNode(event: Extract<SimulationEvent, {type: 'disk' | 'timer' | 'turn' | 'restart' | 'crashAgain'}>): void {
		const node = this.#node(event.node);
		if (event.life !== node.life) return;
		switch (event.type) {
			case 'disk':
				return node.diskDone(event.callback);
			case 'timer':
				return node.timer(event.timer);
			case 'turn':
				return node.turn();
			case 'restart':
				return this.injector.restart(node);
			case 'crashAgain':
				return this.injector.crashAgain(node);
			default:
				return event satisfies never;
		}
	}

	#dispatchToClient(event: Extract<SimulationEvent, {type: 'reply' | 'lost' | 'clientTimer' | 'submit'}>): void {
		const client = this.clients[event.client] as SimulatedClient;
		if (event.clientLife !== client.life) return;
		switch (event.type) {
			case 'reply':
				return client.reply(event.requestId, event.reply);
			case 'lost':
				return client.lost(event.requestId);
			case 'clientTimer':
				return client.timer(event.timer);
			case 'submit':
				return client.submit(event.slot);
			default:
				return event satisfies never;
		}
	}

	#node(node: number): SimulatedNode {
		return this.nodes[node] as SimulatedNode;
	}

	/** A node that has stopped by itself is gone; somebody starts it again. */
	#buryFailed(id: number): void {
		const node = this.#node(id);
		this.crash(node, 'process');
		this.injector.restartLater(node);
	}

	#note(event: SimulationEvent): void {
		const place = 'node' in event ? event.node : -1;
		const glimpse = place < 0 ? undefined : this.logs.glimpse(place);
		this.timeline.add(this.#now, event, glimpse);
		this.#trace.number(this.#now);
		this.#trace.number(event.type.length * 64 + place + 1);
		this.#trace.payload(event);
		if (glimpse === undefined) return;
		this.#trace.number(glimpse.term);
		this.#trace.number(glimpse.commitIndex);
		this.#trace.number(glimpse.lastIndex);
	}

	// ------------------------------------------------------------------------------------------- nodes and clients

	#newNode(id: number, random: Random): SimulatedNode {
		const {codec, parameters, nodeCount} = this.setup;
		const {now, schedule, report, logs, services} = this;
		const common = {parameters, nodeCount, random, logs, report, now, schedule};
		return new SimulatedNode(id, {
			...common,
			send: (from, to, message) => {
				this.#messages += 1;
				this.network.send(from, to, kindOf(message), bytesOf(message), {type: 'message', from, node: to, message});
			},
			newService: ({now: nodeNow, send}) => {
				const reply = (replyTo: number, answer: ServiceReply): void => this.#reply(id, replyTo, answer);
				const machine = kvMachine(parameters.machine);
				const options = {codec, machine, now: nodeNow, send, reply, limits: parameters.server};
				const {entryBytesMax} = parameters.raft;
				const askedTogether = (requests: readonly number[]): void => this.#breakLink(id, requests);
				const {coverage} = this;
				return new WatchedServer(options, {node: id, services, report, coverage, askedTogether, entryBytesMax});
			},
			served: (_, server) => server.judge(),
			failed: node => this.#failedNodes.push(node),
		});
	}

	#newClient(id: number, random: Random): SimulatedClient {
		const {codec, parameters, nodeCount} = this.setup;
		const {now, schedule, coverage, report} = this;
		const {answers} = this.services;
		const common = {codec, parameters, nodeCount, random, answers, report, coverage, now, schedule};
		return new SimulatedClient(id, {
			...common,
			recorder: this.#recorder,
			send: (client, clientLife, requestId, node, request) => {
				const event = {type: 'request', client, clientLife, node, requestId, request} as const;
				this.network.send(this.network.clientPlace(client), node, 'request', requestBytes(request), event);
			},
			cancel: (client, clientLife, requestId) => this.#cancel(client, clientLife, requestId),
		});
	}

	#takeRequest({client, clientLife, requestId, node, request}: Extract<SimulationEvent, {type: 'request'}>): void {
		const target = this.#node(node);
		if (!target.isUp) {
			if (this.setup.parameters.isLossNoticed) this.schedule(1, {type: 'lost', client, clientLife, requestId});
			return;
		}
		this.#lastReplyTo += 1;
		this.#addresses[node]?.set(this.#lastReplyTo, {client, clientLife, requestId});
		const replyTo = this.#lastReplyTo;
		target.ask(server => server.request(replyTo, request));
	}

	/** Of a session that nobody has: it is committed, and changes nothing but the revision. */
	#writeOfJudge(node: SimulatedNode): void {
		this.coverage.count('write of the judge');
		const writes = [{sequence: 1, write: {type: 'delete', key: 'b0'}}] as const;
		const command = new CommandCodec(this.setup.codec, kvWords).encodeCommand({
			type: 'writes',
			session: 0,
			acknowledged: 0,
			after: 0,
			writes,
		});
		this.#lastReplyTo += 1;
		const replyTo = this.#lastReplyTo;
		this.#addresses[node.id]?.set(replyTo, {client: judge, clientLife: 0, requestId: 0});
		node.ask(server => server.request(replyTo, {type: 'write', command}));
	}

	#reply(node: number, replyTo: number, reply: ServiceReply): void {
		const address = this.#addresses[node]?.get(replyTo);
		if (address === undefined) {
			this.report('oneAnswer', `node ${node} answers request ${replyTo}, which is answered or cancelled already`);
			return;
		}
		this.#addresses[node]?.delete(replyTo);
		if (address.client === judge) return;
		const bytes = reply.type === 'outcomes' ? reply.outcomes.length : 8;
		const {client, clientLife, requestId} = address;
		const event = {type: 'reply', from: node, client, clientLife, requestId, reply} as const;
		this.network.send(node, this.network.clientPlace(client), 'reply', bytes, event);
	}

	#cancel(client: number, clientLife: number, cancelled: number | undefined): void {
		if (!this.setup.parameters.isCancelNoticed) return;
		for (const node of this.nodes) {
			for (const {requestId, ...address} of this.#addresses[node.id]?.values() ?? []) {
				if (address.client !== client || address.clientLife !== clientLife) continue;
				if (cancelled !== undefined && cancelled !== requestId) continue;
				this.schedule(1, {type: 'cancel', client, clientLife, node: node.id, requestId});
			}
		}
	}

	/** At times the link to the client of one of these requests breaks; the client may be told, or has to find out. */
	#breakLink(node: number, requests: readonly number[]): void {
		const {brokenLinks, isLossNoticed} = this.setup.parameters;
		if (brokenLinks === 0 || !this.#links.chance(brokenLinks)) return;
		const address = this.#addresses[node]?.get(this.#links.pick(requests));
		if (address === undefined) return;
		this.schedule(0, {type: 'cancel', node, ...address});
		if (isLossNoticed) this.schedule(1, {type: 'lost', ...address});
	}

	#takeCancel({client, clientLife, node, requestId}: Extract<SimulationEvent, {type: 'cancel'}>): void {
		const addresses = this.#addresses[node];
		for (const [replyTo, address] of addresses ?? []) {
			if (address.client !== client || address.requestId !== requestId || address.clientLife !== clientLife) continue;
			addresses?.delete(replyTo);
			this.#node(node).service?.cancel(replyTo);
		}
	}
}

/** Of a message on the wire, about: counts on throttled links only. */
function bytesOf(message: RaftMessage): number {
	if (message.type === 'appendEntries') return 64 + message.entries.length;
	return message.type === 'installSnapshot' ? 64 + message.data.length : 32;
}

const requestBytes = (request: ServiceRequest): number =>
	32 + (request.type === 'write' ? request.command.length : request.reads.length);
