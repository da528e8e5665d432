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
import type {Verdict} from '../linearizability/key-result.js';
import {bytesOnWire} from '../raft/message-bytes.js';
import {kindOf} from '../raft/message-kind.js';
import {nodeId} from '../raft/types.js';
import type {MachineTypes} from '../service/machine.js';
import type {ServiceReply} from '../service/types.js';
import {Availability} from './availability.js';
import {DeathNoticeBoard} from './death-notices.js';
import {hashEvent} from './event-hash.js';
import {EventQueue} from './event-queue.js';
import {defaultClerkLimits} from '../service/clerk/limits.js';
import {type ClientEvent, deliverToClient} from './client-event.js';
import {Coverage, type CoverageCounts} from './coverage.js';
import {nodeOf, type SimulationEvent} from './events.js';
import {FaultInjector} from './fault-injector.js';
import {Liveness} from './liveness.js';
import {LogJudge} from './log-judge.js';
import {SimulatedNetwork} from './network.js';
import type {SimulationObserver} from './observer.js';
import {Operator} from './operator.js';
import {RequestLinks, type RequestServer} from './request-links.js';
import {ServiceJudge} from './service-judge.js';
import {SimulatedClient} from './simulated-client.js';
import type {Death} from './node-context.js';
import {SimulatedNode} from './simulated-node.js';
import type {SimulationCounts, SimulationSetup} from './simulation-setup.js';
import {Timeline} from './timeline.js';
import {TransferWatch} from './transfer-watch.js';
import {TraceHash} from './trace-hash.js';
import type {Violation} from './violation.js';
import {WatchedServer} from './watched-server.js';
import {wallClock} from './wall-clock.js';

/** From one call of `onProgress` to the next. */
const eventsPerProgress = 256;

/** So many events at one moment of virtual time mean that time has stopped. */
const eventsAtOnceMax = 100_000;

type Node<T extends MachineTypes> = SimulatedNode<WatchedServer<T>>;

export class Simulation<T extends MachineTypes> {
	violation: Violation | undefined;
	events = 0;
	readonly #setup: SimulationSetup<T>;
	readonly #coverage: Coverage;
	readonly #timeline: Timeline;
	readonly #logs: LogJudge;
	readonly #services: ServiceJudge<T>;
	readonly #network: SimulatedNetwork;
	readonly #links: RequestLinks<T>;
	readonly #nodes: readonly Node<T>[];
	readonly #clients: readonly SimulatedClient<T>[];
	readonly #injector: FaultInjector;
	readonly #liveness: Liveness<T>;
	readonly #availability: Availability;
	readonly #operator: Operator;
	readonly #deathNotices: DeathNoticeBoard;
	readonly #queue = new EventQueue<SimulationEvent>();
	readonly #trace = new TraceHash();
	readonly #failedNodes: number[] = [];
	readonly #transfers: TransferWatch;
	readonly #observer: SimulationObserver | undefined;
	#now = 0;
	#isOver = false;
	#eventsAtOnce = 0;
	#messages = 0;
	#crashes = 0;

	constructor(setup: SimulationSetup<T>) {
		this.#setup = setup;
		const {seed, codec, subject, parameters, nodeCount} = setup;
		this.#observer = setup.observer;
		const random = Random.fromSeed(seed);
		this.#timeline = new Timeline(setup.timelineLength);
		this.#coverage = new Coverage(subject.coverageKinds);
		this.#coverage.drawn(parameters);
		this.#transfers = new TransferWatch(this.#coverage);
		const {now, schedule, report} = this;
		const judged = {codec, subject, now, report, coverage: this.#coverage};
		const {entryBytesMax} = parameters.raft;
		const requests = {...defaultClerkLimits, ...parameters.clerk, entryBytesMax};
		this.#services = new ServiceJudge({...judged, limits: parameters.server, requests});
		this.#logs = new LogJudge(nodeCount, report, entry => this.#services.committed(entry));
		const clientCount = parameters.workload.clients;
		const {latency, echo} = parameters;
		const common = {now, schedule, latency, echo, echoUntilMs: setup.durationMs, nodeCount, clientCount};
		this.#network = new SimulatedNetwork({...common, random: random.fork('network')});
		const linked = {...judged, nodeCount, parameters, network: this.#network, schedule};
		this.#links = new RequestLinks({...linked, random: random.fork('links')});
		this.#nodes = Array.from({length: nodeCount}, (_, node) => this.#newNode(node, random.fork(`node ${node}`)));
		this.#clients = Array.from({length: clientCount}, (_, client) =>
			this.#newClient(client, random.fork(`client ${client}`)),
		);
		this.#injector = this.#newInjector(random.fork('injector'));
		this.#liveness = this.#newLiveness(random.fork('liveness'));
		this.#availability = this.#newAvailability();
		const outside = {nodes: this.#nodes, now, schedule, coverage: this.#coverage, untilMs: setup.durationMs};
		this.#operator = new Operator({...outside, report, parameters, random: random.fork('operator')});
		const {deathNotices: notices} = parameters;
		this.#deathNotices = new DeathNoticeBoard({...outside, notices, random: random.fork('death notices')});
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
		const {faults, durationMs} = this.#setup;
		this.#observer?.begins({
			nodes: this.#nodes,
			plan: this.#network.plan,
			logOf: node => this.#logs.logOf(node),
		});
		for (const node of this.#nodes) node.start();
		for (const client of this.#clients) client.start();
		for (const fault of faults.events) {
			if (fault.atMs < durationMs) this.schedule(fault.atMs, {type: 'fault', fault});
		}
		this.schedule(durationMs, {type: 'look'});
		this.schedule(0, {type: 'watch'});
		this.#operator.thinkOfNext();
		this.#deathNotices.began();
		this.#deathNotices.thinkOfNext();
		while (!this.#isOver && this.#queue.size > 0) {
			if (this.events % eventsPerProgress === 0) onProgress?.();
			this.#advance();
		}
	}

	get traceHash(): string {
		return this.#trace.value;
	}

	/** Of the answers that clients were given, when the run is over. */
	verdict(onProgress: (() => void) | undefined): Verdict {
		return this.#services.answers.verdict(onProgress);
	}

	/** The last events, one line each. */
	get timeline(): readonly string[] {
		return this.#timeline.lines();
	}

	get counts(): SimulationCounts {
		const sum = (name: 'invoked' | 'done' | 'failed'): number =>
			this.#clients.reduce((total, {counts}) => total + counts[name], 0);
		return {
			messages: this.#messages,
			operations: sum('invoked'),
			done: sum('done'),
			failed: sum('failed'),
			committed: this.#logs.committedIndex,
			terms: this.#logs.highestTerm,
			crashes: this.#crashes,
			faults: this.#setup.faults.events.filter(({type}) => type === 'inject').length,
		};
	}

	/** What the run has been through so far. */
	get covered(): CoverageCounts {
		return this.#coverage.counts;
	}

	#crash(node: Node<T>, death: Death): void {
		const wasUp = node.isUp;
		node.crash(death);
		this.#links.serverDied(node.id);
		if (!wasUp) return;
		this.#crashes += 1;
		this.#deathNotices.died(node.id);
	}

	// ----------------------------------------------------------------------------------------------------- events

	#advance(): void {
		const at = this.#queue.nextAt;
		const event = this.#queue.pop();
		this.#eventsAtOnce = at === this.#now ? this.#eventsAtOnce + 1 : 0;
		this.#now = at;
		if (this.#eventsAtOnce > eventsAtOnceMax) this.report('settled', 'virtual time stands still');
		const place = nodeOf(event);
		if (place >= 0 && this.#isHeldUp(place, event)) return;
		this.events += 1;
		this.#dispatch(event);
		if (this.#failedNodes.length > 0) for (const node of this.#failedNodes.splice(0)) this.#buryFailed(node);
		this.#note(place, event);
	}

	/** A paused node takes nothing in; it will find it all when it wakes up. */
	#isHeldUp(node: number, event: SimulationEvent): boolean {
		const {pausedUntil} = this.#node(node);
		if (pausedUntil <= this.#now || event.type === 'restart' || event.type === 'crashAgain') return false;
		this.#queue.push(pausedUntil, event);
		return true;
	}

	#dispatch(event: SimulationEvent): void {
		switch (event.type) {
			case 'message':
				return this.#takeMessage(event);
			case 'peerDown':
				return this.#node(event.node).notice({type: 'peerDown', peer: nodeId(event.peer)});
			case 'noLeader':
				return this.#node(event.node).notice({type: 'noLeader'});
			case 'request':
				return this.#links.arrived(event, this.#server(event.node));
			case 'cancel':
				return this.#links.cancelled(event, this.#server(event.node));
			case 'fault':
				this.#injector.take(event.fault);
				this.#countFault(event.fault);
				return this.#availability.changed();
			case 'transfer':
				this.#operator.transfer(event.to);
				return this.#availability.changed();
			case 'falseNotice':
				return this.#deathNotices.tellFalsely();
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

	/** As long as the faults last: after them everything is judged anyway. */
	#watch(): void {
		const {lookEveryMs} = this.#availability;
		this.#availability.look();
		if (this.#now + lookEveryMs < this.#setup.durationMs) this.schedule(lookEveryMs, {type: 'watch'});
	}

	#countFault(event: FaultEvent): void {
		if (event.type === 'inject') this.#coverage.count(`fault: ${event.id.split(' ')[0]}`);
	}

	#takeMessage({node, from, message}: Extract<SimulationEvent, {type: 'message'}>): void {
		this.#coverage.message(message, this.#logs.glimpse(node).term);
		if (message.type === 'installSnapshot') this.#transfers.chunk(from, node, message);
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
				return this.#injector.restart(node);
			case 'crashAgain':
				return this.#injector.crashAgain(node);
			default:
				return event satisfies never;
		}
	}

	#dispatchToClient(event: ClientEvent): void {
		deliverToClient(this.#clients[event.client] as SimulatedClient<T>, event);
	}

	#node(node: number): Node<T> {
		return this.#nodes[node] as Node<T>;
	}

	/** A node that has stopped by itself is gone; somebody starts it again. */
	#buryFailed(id: number): void {
		const node = this.#node(id);
		this.#crash(node, 'process');
		this.#injector.restartLater(node);
	}

	#note(place: number, event: SimulationEvent): void {
		const glimpse = place < 0 ? undefined : this.#logs.glimpse(place);
		this.#timeline.add(this.#now, event, glimpse);
		this.#trace.number(this.#now);
		this.#trace.number(event.type.length * 64 + place + 1);
		hashEvent(this.#trace, event);
		this.#observer?.took(this.#now, event);
		if (glimpse === undefined) return;
		this.#trace.number(glimpse.term);
		this.#trace.number(glimpse.commitIndex);
		this.#trace.number(glimpse.lastIndex);
	}

	// ------------------------------------------------------------------------------------------- nodes and clients

	#newNode(id: number, random: Random): Node<T> {
		const {codec, subject, parameters, nodeCount} = this.#setup;
		const {now, schedule, report} = this;
		const wallNow = wallClock(random.fork('wall clock'), parameters.wallClocks, now);
		const common = {parameters, nodeCount, random, logs: this.#logs, report, now, wallNow, schedule};
		const {entryBytesMax} = parameters.raft;
		const witness = {node: id, services: this.#services, report, coverage: this.#coverage, entryBytesMax};
		return new SimulatedNode<WatchedServer<T>>(id, {
			...common,
			send: (from, to, message) => {
				this.#messages += 1;
				const event = {type: 'message', from, node: to, message} as const;
				const arrivals = this.#network.send(from, to, kindOf(message), bytesOnWire(message), event);
				this.#observer?.sent(event, arrivals);
			},
			newService: ({now: nodeNow, send}) => {
				const reply = (replyTo: number, answer: ServiceReply): void => this.#links.reply(id, replyTo, answer);
				const {machine} = subject;
				const options = {codec, machine, now: nodeNow, wallNow, send, reply, limits: parameters.server};
				const askedTogether = (requests: readonly number[]): void => this.#links.mayBreak(id, requests);
				return new WatchedServer(options, {...witness, askedTogether});
			},
			served: (_, server) => server.judge(),
			failed: node => this.#failedNodes.push(node),
		});
	}

	/** The service of a node, to its clients. */
	#server(id: number): RequestServer {
		const node = this.#node(id);
		return {
			id,
			isUp: node.isUp,
			request: (replyTo, request) => node.ask(server => server.request(replyTo, request)),
			cancel: replyTo => node.service?.cancel(replyTo),
		};
	}

	#newClient(id: number, random: Random): SimulatedClient<T> {
		const {codec, subject, parameters, nodeCount} = this.#setup;
		const {now, schedule, report} = this;
		const {answers} = this.#services;
		const common = {codec, subject, parameters, nodeCount, random, answers, report, now, schedule};
		return new SimulatedClient(id, {
			...common,
			coverage: this.#coverage,
			send: (client, clientLife, requestId, node, request) =>
				this.#links.send(client, clientLife, requestId, node, request),
			cancel: (client, clientLife, requestId) => this.#links.cancel(client, clientLife, requestId),
		});
	}

	// ------------------------------------------------------------------------------------------- faults and liveness

	#newInjector(random: Random): FaultInjector {
		const {parameters, faults} = this.#setup;
		const {now, schedule} = this;
		const {plan} = this.#network;
		const crash = ({id}: {readonly id: number}, death: Death): void => this.#crash(this.#node(id), death);
		return new FaultInjector({parameters, nodes: this.#nodes, plan, random, now, schedule, crash}, faults.damagedNodes);
	}

	#newLiveness(random: Random): Liveness<T> {
		const {parameters, faults, durationMs: stormMs} = this.#setup;
		const {now, report} = this;
		return new Liveness({
			nodes: this.#nodes,
			clients: this.#clients,
			injector: this.#injector,
			plan: this.#network.plan,
			random,
			parameters,
			stormMs,
			damagedNodes: faults.damagedNodes,
			logs: this.#logs,
			now,
			lookAgain: delayMs => this.schedule(delayMs, {type: 'look'}),
			entered: phase => {
				this.#timeline.add(this.#now, `-- ${phase} --`, undefined);
				this.#observer?.entered(this.#now, phase);
			},
			compare: (node, state) => this.#services.compareAll(node, state),
			finished: () => {
				this.#services.answers.cover();
				this.#operator.judge();
				this.#isOver = true;
			},
			report,
		});
	}

	#newAvailability(): Availability {
		const {now, report} = this;
		return new Availability({
			nodes: this.#nodes,
			plan: this.#network.plan,
			parameters: this.#setup.parameters,
			now,
			commands: () => this.#services.commands,
			write: ({id}) => this.#links.askForCommit(this.#server(id)),
			report,
			coverage: this.#coverage,
		});
	}
}
