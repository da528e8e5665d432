/**
 * The links between clients and servers: who waits for which answer, what becomes of requests whose link breaks or whose
 * server dies, and that nobody is answered who does not wait.
 */
import type {Codec} from '../base/codec.js';
import type {Random} from '../base/random.js';
import {CommandCodec} from '../service/command-codec.js';
import type {MachineTypes} from '../service/machine.js';
import type {ServiceReply, ServiceRequest} from '../service/types.js';
import type {Coverage} from './coverage.js';
import type {Schedule, SimulationEvent} from './events.js';
import type {SimulatedNetwork} from './network.js';
import type {SimulationParameters} from './parameters.js';
import type {Subject} from './subject.js';
import type {Report} from './violation.js';

/** A server, as far as requests concern it. */
export interface RequestServer {
	readonly id: number;
	readonly isUp: boolean;
	request(replyTo: number, request: ServiceRequest): void;
	cancel(replyTo: number): void;
}

export interface RequestLinksOptions<T extends MachineTypes> {
	readonly nodeCount: number;
	readonly codec: Codec;
	readonly subject: Subject<T>;
	readonly parameters: Pick<SimulationParameters, 'isLossNoticed' | 'isCancelNoticed' | 'brokenLinks'>;
	readonly network: SimulatedNetwork;
	readonly schedule: Schedule;
	/** Draws which links break. */
	readonly random: Random;
	readonly report: Report;
	readonly coverage: Coverage;
}

interface ReplyAddress {
	readonly client: number;
	readonly clientLife: number;
	readonly requestId: number;
}

/** Who asks for a write where no client does; its answers are nobody's. */
const judge = -1;

export class RequestLinks<T extends MachineTypes> {
	readonly #options: RequestLinksOptions<T>;
	/** By node: who waits for the reply of this number. */
	readonly #addresses: readonly Map<number, ReplyAddress>[];
	#lastReplyTo = 0;

	constructor(options: RequestLinksOptions<T>) {
		this.#options = options;
		this.#addresses = Array.from({length: options.nodeCount}, () => new Map<number, ReplyAddress>());
	}

	/** A client sends a request on its way. */
	send(client: number, clientLife: number, requestId: number, node: number, request: ServiceRequest): void {
		const {network} = this.#options;
		const event = {type: 'request', client, clientLife, node, requestId, request} as const;
		network.send(network.clientPlace(client), node, 'request', requestBytes(request), event);
	}

	/** A request has reached a server. */
	arrived(
		{client, clientLife, requestId, request}: Extract<SimulationEvent, {type: 'request'}>,
		server: RequestServer,
	): void {
		const {parameters, schedule} = this.#options;
		if (!server.isUp) {
			if (parameters.isLossNoticed) schedule(1, {type: 'lost', client, clientLife, requestId});
			return;
		}
		server.request(this.#newReplyTo(server, {client, clientLife, requestId}), request);
	}

	/** Asks this server for a commit, on behalf of a judge. */
	askForCommit(server: RequestServer): void {
		const {codec, subject, coverage} = this.#options;
		coverage.count('write of the judge');
		const command = new CommandCodec(codec, subject.machine.words).encodeCommand(subject.idle);
		const replyTo = this.#newReplyTo(server, {client: judge, clientLife: 0, requestId: 0});
		server.request(replyTo, {type: 'write', command});
	}

	/** A server answers. */
	reply(node: number, replyTo: number, reply: ServiceReply): void {
		const {network, report} = this.#options;
		const address = this.#addresses[node]?.get(replyTo);
		if (address === undefined) {
			report('oneAnswer', `node ${node} answers request ${replyTo}, which is answered or cancelled already`);
			return;
		}
		this.#addresses[node]?.delete(replyTo);
		if (address.client === judge) return;
		const bytes = reply.type === 'outcomes' ? reply.outcomes.length : 8;
		const {client, clientLife, requestId} = address;
		const event = {type: 'reply', from: node, client, clientLife, requestId, reply} as const;
		network.send(node, network.clientPlace(client), 'reply', bytes, event);
	}

	/** A client waits no more for this request, or for any; servers may learn of it. */
	cancel(client: number, clientLife: number, cancelled: number | undefined): void {
		const {parameters, schedule} = this.#options;
		if (!parameters.isCancelNoticed) return;
		for (const [node, addresses] of this.#addresses.entries()) {
			for (const {client: asker, clientLife: life, requestId} of addresses.values()) {
				if (asker !== client || life !== clientLife) continue;
				if (cancelled !== undefined && cancelled !== requestId) continue;
				schedule(1, {type: 'cancel', client, clientLife, node, requestId});
			}
		}
	}

	/** A server learns that a client waits no more. */
	cancelled(
		{client, clientLife, node, requestId}: Extract<SimulationEvent, {type: 'cancel'}>,
		server: RequestServer,
	): void {
		const addresses = this.#addresses[node];
		for (const [replyTo, address] of addresses ?? []) {
			if (address.client !== client || address.requestId !== requestId || address.clientLife !== clientLife) continue;
			addresses?.delete(replyTo);
			server.cancel(replyTo);
		}
	}

	/** At times the link to the client of one of these requests breaks; the client may be told, or has to find out. */
	mayBreak(node: number, requests: readonly number[]): void {
		const {parameters, random, schedule} = this.#options;
		const {brokenLinks, isLossNoticed} = parameters;
		if (brokenLinks === 0 || !random.chance(brokenLinks)) return;
		const address = this.#addresses[node]?.get(random.pick(requests));
		if (address === undefined) return;
		const {client, clientLife, requestId} = address;
		schedule(0, {type: 'cancel', node, client, clientLife, requestId});
		if (isLossNoticed) schedule(1, {type: 'lost', client, clientLife, requestId});
	}

	/** A server has died, with all that it was asked; clients may notice. */
	serverDied(node: number): void {
		const addresses = this.#addresses[node];
		if (this.#options.parameters.isLossNoticed) {
			for (const address of addresses?.values() ?? []) {
				const {client, clientLife, requestId} = address;
				if (client !== judge) this.#options.schedule(1, {type: 'lost', client, clientLife, requestId});
			}
		}
		addresses?.clear();
	}

	#newReplyTo({id}: RequestServer, address: ReplyAddress): number {
		this.#lastReplyTo += 1;
		this.#addresses[id]?.set(this.#lastReplyTo, address);
		return this.#lastReplyTo;
	}
}

const requestBytes = (request: ServiceRequest): number =>
	32 + (request.type === 'write' ? request.command.length : request.reads.length);
