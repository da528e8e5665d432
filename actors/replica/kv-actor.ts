/** The KV server as an actor: it takes requests from clerks, subscribes to its node's apply stream, and replies. */
import {defaultServerLimits} from '../../src/service/server/limits.js';
import {ServiceServer} from '../../src/service/server/service-server.js';
import type {Milliseconds, ServiceOutput} from '../../src/raft/types.js';
import {unreachable} from '../../src/base/errors.js';
import type {Machine} from '../../src/service/machine.js';
import {codec} from '../codec/codec.js';
import type {Actor, ActorContext} from '../runtime/actor.js';
import type {ServerMetrics} from '../metrics/cluster-metrics.js';
import type {CommitStages} from '../metrics/commit-stages.js';
import type {RequestEnvelope} from '../network/envelope.js';
import type {ServiceEvent} from '../../src/service/events.js';
import type {EffectFeed} from './effect-feed.js';
import type {KvActorMessage, ReplicaOptions} from './protocol.js';
import {ReplyPorts} from './reply-ports.js';

/** What the answer to a read counts for beside its value. */
const resultBytesMax = 64;

export interface KvActorOptions {
	readonly replica: ReplicaOptions;
	readonly machine: Machine;
	readonly now: () => Milliseconds;
	/** Unix ms. */
	readonly wallNow: () => Milliseconds;
	readonly raft: (output: ServiceOutput) => void;
	readonly effects: EffectFeed;
	readonly event: (event: ServiceEvent) => void;
	/** Where the node is on the same thread: is told of requests. */
	readonly stages: Pick<CommitStages, 'taken' | 'turnEnded'> | undefined;
	readonly context: ActorContext<KvActorMessage>;
}

export class KvActor implements Actor<KvActorMessage> {
	readonly #server: ServiceServer;
	readonly #ports: ReplyPorts;
	readonly #context: ActorContext<KvActorMessage>;
	readonly #effects: EffectFeed;
	readonly #stages: Pick<CommitStages, 'taken' | 'turnEnded'> | undefined;
	readonly #now: () => Milliseconds;
	#isContinuing = false;
	/** When the timer goes off; Infinity: there is none. */
	#timerAt: Milliseconds = Infinity;

	constructor({replica, machine, now, wallNow, raft, effects, event, stages, context}: KvActorOptions) {
		this.#stages = stages;
		this.#now = now;
		this.#context = context;
		this.#effects = effects;
		this.#ports = new ReplyPorts(replyTo => this.#server.cancel(replyTo));
		this.#server = new ServiceServer({
			codec,
			machine,
			now,
			wallNow,
			send: raft,
			reply: (replyTo, reply) => this.#ports.reply(replyTo, reply),
			effect: (effect, place) => effects.take(effect, place),
			event,
			limits: {
				sessionTimeoutMs: replica.sessionTimeoutMs,
				stateBytesMax: replica.maxMemoryBytes,
				// One value can always be read.
				readBytesMax: Math.max(defaultServerLimits.readBytesMax, replica.machine.valueBytesMax + resultBytesMax),
			},
		});
		effects.observe(this.#server.state);
	}

	receive(message: KvActorMessage): void {
		this.#context.atSliceEnd(this.#flush);
		switch (message.type) {
			case 'request':
				return this.#request(message.envelope);
			case 'service':
				return this.#server.handle(message.input);
			case 'continue':
				this.#isContinuing = false;
				return;
			case 'timer':
				this.#timerAt = Infinity;
				return;
			default:
				return unreachable(message);
		}
	}

	metrics(): ServerMetrics {
		const {state, pendingCount, pendingBytes} = this.#server;
		const expiring = state.machine.timed?.expiring?.() ?? {count: 0, meanMs: 0};
		return {
			requestsPending: pendingCount,
			requestBytesPending: pendingBytes,
			items: state.machine.itemCount,
			itemsExpiring: expiring.count,
			itemsExpireAfterMs: expiring.meanMs,
			stateBytes: state.machine.byteLength,
			sessions: state.sessionCount,
			sessionsExpired: state.sessionEnds.expired,
			sessionsEvicted: state.sessionEnds.evicted,
		};
	}

	/** Proposals and reads of a slice go out together; long work is done a piece a slice, between other messages. */
	readonly #flush = (): void => {
		const isMore = this.#server.slice();
		this.#effects.flush();
		const isWorkLeft = this.#server.flush() || isMore;
		this.#arm(this.#server.nextDeadline());
		this.#stages?.turnEnded();
		if (!isWorkLeft || this.#isContinuing) return;
		this.#isContinuing = true;
		this.#context.self.tell({type: 'continue'});
	};

	/** Only ever sets the timer earlier: it looks again when it goes off. */
	#arm(deadline: Milliseconds): void {
		if (deadline >= this.#timerAt) return;
		this.#timerAt = deadline;
		this.#context.timers.start('deadline', {type: 'timer'}, Math.max(0, Math.ceil(deadline - this.#now())));
	}

	stopped(): void {
		this.#server.stop();
		this.#ports.close();
	}

	#request(envelope: RequestEnvelope): void {
		const replyTo = this.#ports.bind(envelope);
		if (replyTo === undefined) return;
		this.#stages?.taken(envelope);
		this.#server.request(replyTo, envelope.request);
	}
}
