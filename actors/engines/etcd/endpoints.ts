/**
 * The members of an etcd cluster, one connection each. All calls go to one of them until it fails, then to the one that
 * has not failed for longest. Every call ends within its time, and gives a value: nothing here rejects.
 */
import {assert} from '../../../src/base/errors.js';
import type {SecureContext} from 'node:tls';
import type {Version} from '../../../src/kv/types.js';
import type {Milliseconds} from '../../../src/raft/types.js';
import {type CallFailure, failureOfExchange, failureOfStatus, isStaleToken, isWithoutUsers} from './call-failure.js';
import {type Credentials, Login, type LoginAnswer} from './login.js';
import {Connection, type OpenCall} from './rpc/connection.js';
import type {Heard, StreamEnd} from './rpc/message-stream.js';
import type {Exchange} from './rpc/link.js';
import {type Header, type Method, methods, type StatusReply} from './rpc/messages.js';
import {decode, type Decoded, type Draft, encode, type Fields} from './rpc/protobuf.js';

export type CallAnswer<T> = {readonly type: 'answered'; readonly value: T} | CallFailure;

export interface CallLimits {
	readonly timeoutMs: Milliseconds;
	/** An answer that is longer counts as too large. @default 160 MiB, more than a transaction of etcd can read of ours */
	readonly replyBytesMax?: number;
}

const replyBytesMaxDefault = 160 * 2 ** 20;

export interface EndpointOptions {
	/** `host:port`. */
	readonly addresses: readonly string[];
	/** They speak TLS. */
	readonly secureContext: SecureContext | undefined;
	readonly credentials: Credentials | undefined;
}

/** What comes on a stream. */
export type HeardReply<Reply extends Fields> =
	| {readonly type: 'message'; readonly value: Decoded<Reply>}
	| {readonly type: 'silence'}
	| CallFailure;

/** A call on which both sides send messages. */
export interface OpenStream<Request extends Fields, Reply extends Fields> {
	readonly type: 'opened';
	send(request: Draft<Request>): void;
	/** Only one caller at a time. Never rejects. */
	next(timeoutMs: Milliseconds): Promise<HeardReply<Reply>>;
	/** Whether its member answers a ping within this time. Never rejects. */
	isAnswered(timeoutMs: Milliseconds): Promise<boolean>;
	/** Who waits for the next message hears of the end. */
	close(): void;
	/** As after a call that has failed: the next calls go to another member. */
	abandon(): void;
}

interface Member {
	readonly address: string;
	readonly connection: Connection;
	/** When a call to it failed last; 0: never. */
	failedAt: number;
	/** Its last answer came from another cluster. */
	isForeign: boolean;
}

export class Endpoints {
	readonly #members: readonly Member[];
	readonly #login: Login | undefined;
	#current: Member;
	/** Of the cluster that answered first. */
	#clusterId: bigint | undefined;
	/** The newest that an answer told: what is older is not of the store that we knew. */
	#revision: Version = 0;

	constructor({addresses, secureContext, credentials}: EndpointOptions) {
		this.#members = addresses.map(address => {
			const colon = address.lastIndexOf(':');
			const host = address.slice(0, colon).replaceAll(/[[\]]/g, '');
			const connection = new Connection({host, port: Number(address.slice(colon + 1)), secureContext});
			return {address, connection, failedAt: 0, isForeign: false};
		});
		const drawn = this.#members[Math.floor(Math.random() * addresses.length)];
		assert(drawn !== undefined, 'a cluster has at least one member');
		this.#current = drawn;
		this.#login = credentials && new Login(credentials);
	}

	get addresses(): readonly string[] {
		return this.#members.map(({address}) => address);
	}

	/** One attempt, at the member that is current. */
	async call<Request extends Fields, Reply extends Fields>(
		method: Method<Request, Reply>,
		request: Draft<Request>,
		limits: CallLimits,
	): Promise<CallAnswer<Decoded<Reply>>> {
		const member = this.#current;
		const floor = method.isLinearizable ? this.#revision : 0;
		const answer = this.#judge(member, floor, await this.#callAt(member, method, request, limits));
		if (answer.type !== 'lost' && answer.type !== 'replaced') return answer;
		this.#abandon(member);
		return answer;
	}

	/** A stream to the member that is current, once it is open. */
	async open<Request extends Fields, Reply extends Fields>(
		method: Method<Request, Reply>,
		timeoutMs: Milliseconds,
	): Promise<OpenStream<Request, Reply> | CallFailure> {
		const member = this.#current;
		const opened = await this.#openAt(member, method, timeoutMs);
		if (opened.type === 'lost') this.#abandon(member);
		if (opened.type !== 'open') return opened;
		const {stream, isAnswered, retire} = opened;
		const abandon = (): void => {
			stream.close();
			retire();
			this.#abandon(member);
		};
		return {
			type: 'opened',
			send: request => stream.send(encode(method.request, request)),
			next: async ms => this.#heard(method, member, await stream.next(ms)),
			isAnswered,
			close: () => stream.close(),
			abandon,
		};
	}

	/** What was told of the store in another way than by an answer. */
	noteRevision(revision: Version): void {
		this.#revision = Math.max(this.#revision, revision);
	}

	/** What each member says of itself, in the order of the addresses; `undefined` for one that does not answer. */
	async statuses(timeoutMs: Milliseconds): Promise<readonly (StatusReply | undefined)[]> {
		const answers = await Promise.all(
			this.#members.map(member => this.#callAt(member, methods.status, {}, {timeoutMs})),
		);
		return answers.map(answer => (answer.type === 'answered' ? answer.value : undefined));
	}

	close(): void {
		for (const {connection} of this.#members) connection.close();
	}

	#abandon(member: Member): void {
		member.failedAt = performance.now();
		// Of many calls that fail at once, only one moves on.
		if (this.#current === member) this.#moveOn(member);
	}

	async #openAt(
		member: Member,
		method: Method<Fields, Fields>,
		timeoutMs: Milliseconds,
	): Promise<OpenCall | CallFailure> {
		const deadline = performance.now() + timeoutMs;
		const login = await this.#tokenAt(member, timeoutMs);
		if (login.type !== 'in') return login;
		const call = {path: method.path, token: login.token, messageBytesMax: replyBytesMaxDefault};
		const opened = await member.connection.open(call, Math.max(1, deadline - performance.now()));
		return opened.type === 'open' ? opened : failureOfExchange(opened);
	}

	#heard<Reply extends Fields>(method: Method<Fields, Reply>, member: Member, heard: Heard): HeardReply<Reply> {
		if (heard.type === 'silence') return heard;
		if (heard.type === 'ended') return failureOfEnd(heard.end);
		const answer = decoded(method, heard.message);
		if (answer.type !== 'answered') return answer;
		const {header} = answer.value as {readonly header?: Header | undefined};
		if (header === undefined || header.clusterId === this.#clusterId) return {type: 'message', value: answer.value};
		return lost(`${member.address} belongs to another cluster`);
	}

	#moveOn(from: Member): void {
		const place = this.#members.indexOf(from);
		const others = [...this.#members.slice(place + 1), ...this.#members.slice(0, place)];
		for (const other of others) if (other.failedAt < this.#current.failedAt) this.#current = other;
	}

	/** Whether the answer is of the cluster that we know, with all that it held. */
	#judge<Reply extends Fields>(
		member: Member,
		floor: Version,
		answer: CallAnswer<Decoded<Reply>>,
	): CallAnswer<Decoded<Reply>> {
		if (answer.type !== 'answered') return answer;
		const {header} = answer.value as {readonly header?: Header | undefined};
		if (header === undefined) return answer;
		this.#clusterId ??= header.clusterId;
		const isOther = header.clusterId !== this.#clusterId;
		const isOlder = floor > header.revision;
		member.isForeign = isOther || isOlder;
		if (!member.isForeign) {
			this.#revision = Math.max(this.#revision, header.revision);
			return answer;
		}
		const reason = isOther
			? `${member.address} belongs to cluster ${header.clusterId.toString(16)}, and ours was ${this.#clusterId.toString(16)}`
			: `${member.address} is at revision ${header.revision}, and ours was at ${floor}`;
		// Its store can be an older copy of ours, in which a transaction finds what it compares with.
		const mayHaveRun = (answer.value as {readonly succeeded?: boolean}).succeeded === true;
		const foreignCount = this.#members.filter(({isForeign}) => isForeign).length;
		if (foreignCount > this.#members.length / 2) return {type: 'replaced', mayHaveRun, reason};
		return {type: 'lost', mayHaveRun, lastReply: 'lost', reason, remedy: undefined};
	}

	async #callAt<Request extends Fields, Reply extends Fields>(
		member: Member,
		method: Method<Request, Reply>,
		request: Draft<Request>,
		limits: CallLimits,
	): Promise<CallAnswer<Decoded<Reply>>> {
		const deadline = performance.now() + limits.timeoutMs;
		const encoded = encode(method.request, request);
		for (let isFirst = true; ; isFirst = false) {
			const login = await this.#tokenAt(member, deadline - performance.now());
			if (login.type !== 'in') return login;
			const exchange = await member.connection.exchange({
				path: method.path,
				request: encoded,
				token: login.token,
				replyBytesMax: limits.replyBytesMax ?? replyBytesMaxDefault,
				timeoutMs: Math.max(1, deadline - performance.now()),
			});
			if (exchange.type === 'failed') return failureOfExchange(exchange);
			if (exchange.status.code === 0) return decoded(method, exchange.reply);
			if (!isStaleToken(exchange.status)) return failureOfStatus(exchange.status);
			this.#login?.forget(login.token);
			if (!isFirst || this.#login === undefined) {
				const reason = exchange.status.message;
				return {type: 'lost', mayHaveRun: false, lastReply: 'lost', reason, remedy: undefined};
			}
		}
	}

	async #tokenAt(member: Member, timeoutMs: Milliseconds): Promise<LoginAnswer> {
		if (this.#login === undefined) return {type: 'in', token: undefined};
		return this.#login.token(async ({user: name, password}, askTimeoutMs) => {
			const exchange = await member.connection.exchange({
				path: methods.authenticate.path,
				request: encode(methods.authenticate.request, {name, password}),
				token: undefined,
				replyBytesMax: replyBytesMaxDefault,
				timeoutMs: Math.max(1, askTimeoutMs),
			});
			return loginAnswerOf(exchange);
		}, timeoutMs);
	}
}

function loginAnswerOf(exchange: Exchange): LoginAnswer {
	// Nothing of the operation itself has left.
	if (exchange.type === 'failed') return failureOfExchange({...exchange, hasLeft: false});
	const {status, reply} = exchange;
	if (status.code === 0) {
		const answer = decoded(methods.authenticate, reply);
		return answer.type === 'answered' ? {type: 'in', token: answer.value.token} : answer;
	}
	if (isWithoutUsers(status)) return {type: 'in', token: undefined};
	const failure = failureOfStatus(status);
	return failure.type === 'lost' ? {...failure, mayHaveRun: false} : failure;
}

function failureOfEnd({status, error}: StreamEnd): CallFailure {
	if (status !== undefined && status.code !== 0) return failureOfStatus(status);
	return lost(error?.message ?? 'the stream was ended');
}

const lost = (reason: string): CallFailure => ({
	type: 'lost',
	mayHaveRun: false,
	lastReply: 'lost',
	reason,
	remedy: undefined,
});

function decoded<Reply extends Fields>(method: Method<Fields, Reply>, reply: Uint8Array): CallAnswer<Decoded<Reply>> {
	try {
		return {type: 'answered', value: decode(method.reply, reply)};
	} catch (error) {
		const reason = `what came as an answer is none of etcd's: ${(error as Error).message}`;
		return {type: 'lost', mayHaveRun: true, lastReply: 'malformed', reason, remedy: undefined};
	}
}
