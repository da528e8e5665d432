import {type MessagePort, receiveMessageOnPort} from 'node:worker_threads';
import {assert, unreachable} from '../../src/base/errors.js';
import type {StopReason, Transfer} from './actor.js';
import {type Address, askAddress, type ReplyTo, rootKey} from './address.js';
import type {AskHandle, Endpoint, Envelope} from './endpoint.js';
import {decodeError, type EncodedError, encodeError} from './error-codec.js';
import {ActorNotFoundError, LinkClosedError, MailboxFullError, NotCloneableError} from './errors.js';
import type {EncodedStopReason, Frame} from './link-protocol.js';
import {Outbox} from './outbox.js';
import type {ActorRef} from './ref.js';
import type {Lookup, Runtime} from './runtime.js';

export interface LinkOptions {
	/** User messages that may be on their way unread, from 1024; more are dead letters. A port itself never refuses. @default 100000 */
	readonly windowMessages?: number;
}

/** One port between the systems of two threads. While it is open, refs of either side work on the other. */
export interface ThreadLink {
	/** The id of the other system; undefined until it has said hello. */
	readonly peer: string | undefined;
	/** Resolves when either end is closed, or its thread has ended. */
	readonly closed: Promise<void>;
	/** Asks the other system for an actor. Rejects with {@link ActorNotFoundError}, or as an ask does. `M` is taken on trust. */
	lookup<M>(path: string, options: {readonly timeoutMs: number}): Promise<ActorRef<M>>;
	/** Sends what waits, then closes: asks over it fail, watches on the other side fire, and later messages are dead letters. */
	close(): void;
}

/** How many tells are read until they are acknowledged: seldom enough not to wake the sender for it. */
const tellsPerAcknowledgement = 256;
const windowMessagesMin = 4 * tellsPerAcknowledgement;

export class Link implements ThreadLink {
	readonly closed: Promise<void>;
	readonly #runtime: Runtime;
	readonly #port: MessagePort;
	readonly #outbox: Outbox;
	readonly #windowMessages: number;
	readonly #resolveClosed: () => void;
	#peer: string | undefined;
	#isOpen = true;
	/** Tells that were sent and not acknowledged. */
	#unread = 0;
	/** Tells that were read and not acknowledged. */
	#read = 0;
	/** Asks that went out here and wait for their answer to come back here. */
	readonly #asked = new Set<number>();
	/** Watches of this side on actors of the other. */
	readonly #watching = new Map<number, (reason: StopReason) => void>();
	#lastWatch = 0;
	/** Watches of the other side on actors of this; each value calls one off. */
	readonly #watched = new Map<number, () => void>();

	constructor(runtime: Runtime, port: MessagePort, {windowMessages = 100_000}: LinkOptions) {
		assert(windowMessages >= windowMessagesMin, 'a window is larger than what waits for an acknowledgement');
		let resolveClosed = (): void => undefined;
		this.closed = new Promise(resolve => {
			resolveClosed = resolve;
		});
		this.#resolveClosed = resolveClosed;
		this.#runtime = runtime;
		this.#port = port;
		this.#windowMessages = windowMessages;
		this.#outbox = new Outbox(port, (frame, error) => {
			this.#lose(frame, new NotCloneableError(this.#describe(frame), error));
		});
		runtime.addLink(this);
		this.#push({type: 'hello', systemId: runtime.id});
		port.on('close', () => this.#shut(undefined));
		port.on('messageerror', error => this.#break(error));
		this.#listen();
	}

	get peer(): string | undefined {
		return this.#peer;
	}

	async lookup<M>(path: string, {timeoutMs}: {readonly timeoutMs: number}): Promise<ActorRef<M>> {
		const root = new RemoteEndpoint(this, rootKey);
		const makeLookup = (replyTo: ReplyTo<Address<never> | undefined>): Lookup => ({type: 'lookup', path, replyTo});
		const address = await this.#runtime.asks.ask(root, `${this.#peer ?? ''}${path}`, makeLookup, {timeoutMs});
		if (address === undefined) throw new ActorNotFoundError(path);
		return this.#runtime.ref(address as Address<M>);
	}

	close(): void {
		if (!this.#isOpen) return;
		this.#outbox.flush();
		this.#port.close();
		this.#shut(undefined);
	}

	// What the runtime sends.

	tell(to: string, {message, transfer, ask}: Envelope): boolean {
		const frame: Frame = {type: 'tell', to, message, ask: ask?.id};
		if (this.#unread >= this.#windowMessages) {
			const address = this.#describe(frame);
			this.#runtime.events.deadLetter('overflow', address, message);
			ask?.fail(new MailboxFullError(address, this.#windowMessages));
			return false;
		}
		this.#unread++;
		if (ask !== undefined) this.#asked.add(ask.id);
		return this.#push(frame, transfer);
	}

	reply(ask: number, answer: unknown, transfer: Transfer): void {
		this.#push({type: 'reply', ask, answer}, transfer);
	}

	reject(ask: number, error: Error): void {
		this.#push({type: 'askRejected', ask, error: encodeError(error)});
	}

	/** Tells the other side, if it was asked, that nobody waits any more. */
	endAsk(ask: number): void {
		if (this.#asked.delete(ask)) this.#push({type: 'askEnded', ask});
	}

	watch(to: string, onStopped: (reason: StopReason) => void): () => void {
		if (!this.#isOpen) return this.#runtime.later(() => onStopped({type: 'unreachable'}));
		const watch = ++this.#lastWatch;
		this.#watching.set(watch, onStopped);
		this.#push({type: 'watch', watch, to});
		return () => {
			if (this.#watching.delete(watch)) this.#push({type: 'unwatch', watch});
		};
	}

	stop(to: string): void {
		this.#push({type: 'stop', to});
	}

	#push(frame: Frame, transfer: Transfer = []): boolean {
		if (!this.#isOpen) {
			this.#lose(frame, new LinkClosedError(this.#peer ?? ''));
			return false;
		}
		this.#outbox.push(frame, transfer);
		this.#runtime.dispatcher.flushLater(this.#flush);
		return true;
	}

	readonly #flush = (): void => this.#outbox.flush();

	/** Settles what hangs on a frame that never left. */
	#lose(frame: Frame, cause: NotCloneableError | LinkClosedError): void {
		const reason = cause instanceof NotCloneableError ? 'notCloneable' : 'unreachable';
		switch (frame.type) {
			case 'tell':
				this.#unread--;
				this.#runtime.events.deadLetter(reason, this.#describe(frame), frame.message);
				if (frame.ask === undefined) return;
				this.#asked.delete(frame.ask);
				this.#runtime.asks.fail(frame.ask, cause);
				return;
			case 'reply':
				this.#runtime.events.deadLetter(reason, this.#describe(frame), frame.answer);
				if (this.#isOpen) this.#push({type: 'askFailed', ask: frame.ask, error: encodeError(cause)});
				return;
			default:
			// The others carry plain data, and to a system that is gone they mean nothing.
		}
	}

	#describe(frame: Frame): string {
		const peer = this.#peer ?? '';
		if (frame.type === 'tell') return peer + frame.to;
		return frame.type === 'reply' ? askAddress(peer, frame.ask) : peer;
	}

	// What the other side sends.

	/** Only until the first message: the rest is drained in slices, because Node would hand all of it over at one go. */
	#listen(): void {
		this.#port.once('message', (frames: readonly Frame[]) => {
			this.#acceptAll(frames);
			this.#drain();
		});
	}

	readonly #drain = (): void => {
		const hasMore = this.#isOpen && this.#runtime.dispatcher.slice(() => this.#receive());
		if (hasMore) this.#runtime.defer(this.#drain);
		else if (this.#isOpen) this.#listen();
	};

	#receive(): boolean {
		try {
			const received = receiveMessageOnPort(this.#port);
			if (received === undefined) return false;
			this.#acceptAll(received.message as readonly Frame[]);
			return this.#isOpen;
		} catch (error) {
			this.#break(error);
			return false;
		}
	}

	#acceptAll(frames: readonly Frame[]): void {
		for (const frame of frames) this.#accept(frame);
		if (this.#read < tellsPerAcknowledgement) return;
		this.#push({type: 'acknowledge', tells: this.#read});
		this.#read = 0;
	}

	#accept(frame: Frame): void {
		const {asks, debts} = this.#runtime;
		switch (frame.type) {
			case 'hello':
				this.#peer = frame.systemId;
				return this.#runtime.events.emit({type: 'linkOpened', peer: frame.systemId});
			case 'tell':
				return this.#acceptTell(frame);
			case 'reply':
				return this.#acceptAnswer(frame.ask, frame.answer, () => asks.resolve(frame.ask, frame.answer));
			case 'askRejected': {
				const error = this.#decode(frame.error);
				return this.#acceptAnswer(frame.ask, error, () => asks.reject(frame.ask, error));
			}
			case 'askFailed':
				this.#asked.delete(frame.ask);
				asks.fail(frame.ask, this.#decode(frame.error));
				return;
			case 'askEnded':
				return debts.settle(askAddress(this.#peer ?? '', frame.ask));
			case 'watch':
				return this.#acceptWatch(frame.watch, frame.to);
			case 'unwatch':
				this.#watched.get(frame.watch)?.();
				this.#watched.delete(frame.watch);
				return;
			case 'terminated':
				return this.#fireWatch(frame.watch, this.#decodeReason(frame.reason));
			case 'stop':
				return this.#runtime.localEndpoint(frame.to).stop();
			case 'acknowledge':
				this.#unread -= frame.tells;
				return;
			default:
				return unreachable(frame);
		}
	}

	#acceptTell({to, message, ask}: Frame & {readonly type: 'tell'}): void {
		this.#read++;
		this.#runtime
			.localEndpoint(to)
			.deliver({message, transfer: [], ask: ask === undefined ? undefined : this.#handleOf(ask)});
	}

	#handleOf(ask: number): AskHandle {
		const fail = (cause: Error) => {
			if (this.#isOpen) this.#push({type: 'askFailed', ask, error: encodeError(cause)});
		};
		return {id: ask, replyTo: askAddress(this.#peer ?? '', ask), link: this, fail};
	}

	#acceptAnswer(ask: number, answer: unknown, settle: () => boolean): void {
		this.#asked.delete(ask);
		if (settle()) return;
		this.#runtime.events.deadLetter('lateReply', askAddress(this.#runtime.id, ask), answer);
	}

	#acceptWatch(watch: number, to: string): void {
		const onStopped = (reason: StopReason) => {
			this.#watched.delete(watch);
			this.#push({type: 'terminated', watch, reason: encodeReason(reason)});
		};
		this.#watched.set(watch, this.#runtime.localEndpoint(to).watch(onStopped));
	}

	#fireWatch(watch: number, reason: StopReason): void {
		const onStopped = this.#watching.get(watch);
		this.#watching.delete(watch);
		onStopped?.(reason);
	}

	#decodeReason(reason: EncodedStopReason): StopReason {
		return reason.type === 'failed' ? {type: 'failed', error: this.#decode(reason.error)} : {type: reason.type};
	}

	#decode(error: EncodedError): Error {
		return decodeError(error, this.#runtime.errorClasses);
	}

	// The end.

	/** A message that cannot be read may have been anything: nothing after it can be relied on. */
	#break(error: unknown): void {
		this.#port.close();
		this.#shut(error);
	}

	#shut(error: unknown): void {
		if (!this.#isOpen) return;
		this.#isOpen = false;
		this.#unread = 0;
		const {events, asks, debts} = this.#runtime;
		this.#runtime.removeLink(this);
		const cause = new LinkClosedError(this.#peer ?? '');
		for (const {frame} of this.#outbox.takeAll()) this.#lose(frame, cause);
		for (const ask of this.#asked) asks.fail(ask, cause);
		this.#asked.clear();
		for (const cancel of this.#watched.values()) cancel();
		this.#watched.clear();
		for (const watch of this.#watching.keys()) this.#fireWatch(watch, {type: 'unreachable'});
		debts.forgetLink(this);
		events.emit({type: 'linkClosed', peer: this.#peer ?? '', error});
		this.#resolveClosed();
	}
}

/** An actor on the other side of a link. */
export class RemoteEndpoint implements Endpoint {
	readonly #link: Link;
	readonly #key: string;

	constructor(link: Link, key: string) {
		this.#link = link;
		this.#key = key;
	}

	deliver(envelope: Envelope): boolean {
		return this.#link.tell(this.#key, envelope);
	}

	watch(onStopped: (reason: StopReason) => void): () => void {
		return this.#link.watch(this.#key, onStopped);
	}

	stop(): void {
		this.#link.stop(this.#key);
	}
}

const encodeReason = (reason: StopReason): EncodedStopReason =>
	reason.type === 'failed' ? {type: 'failed', error: encodeError(reason.error)} : {type: reason.type};
