/** Servers on a raft that never fails by itself: one log, one leader at a time, and a test that decides what happens when. */
import {type KvLimits} from '../../src/kv/limits.js';
import {kvMachine} from '../../src/kv/state-machine.js';
import type {KvTypes} from '../../src/kv/words.js';
import {codec} from '../../actors/codec/codec.js';
import type {ServerLimits} from '../../src/service/server/limits.js';
import {ServiceServer} from '../../src/service/server/service-server.js';
import type {ServiceReply} from '../../src/service/types.js';
import {
	nodeId,
	term,
	type LogEntry,
	type LogIndex,
	type ServiceInput,
	type ServiceOutput,
	type Term,
} from '../../src/raft/types.js';

/** A small seeded generator (mulberry32): uniform in [0, 1). */
export function randomOf(seed: number): () => number {
	let state = seed;
	return () => {
		state = (state + 0x6d2b79f5) | 0;
		let mixed = Math.imul(state ^ (state >>> 15), state | 1);
		mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
	};
}

interface Seat {
	server: ServiceServer<KvTypes>;
	/** From its node, in order, not yet handled. */
	inputs: ServiceInput[];
	/** Entries up to here are in `inputs` or handled. */
	delivered: LogIndex;
}

export class FakeCluster {
	now = 0;
	term: Term = term(1);
	leader = 0;
	commitIndex = 0;
	readonly log: LogEntry[] = [];
	readonly seats: Seat[] = [];
	readonly #limits: Partial<ServerLimits & KvLimits>;
	readonly #reply: (server: number, replyTo: number, reply: ServiceReply) => void;

	constructor(
		count: number,
		limits: Partial<ServerLimits & KvLimits>,
		reply: (server: number, replyTo: number, reply: ServiceReply) => void,
	) {
		this.#limits = limits;
		this.#reply = reply;
		for (let place = 0; place < count; place += 1) this.seats.push(this.#seat(place));
		this.elect(0, 0);
	}

	#seat(place: number): Seat {
		const server = new ServiceServer({
			codec,
			machine: kvMachine(this.#limits),
			now: () => this.now,
			wallNow: () => 1e12 + this.now,
			send: output => this.#take(place, output),
			reply: (replyTo, reply) => this.#reply(place, replyTo, reply),
			limits: this.#limits,
		});
		return {server, inputs: [], delivered: 0};
	}

	#take(place: number, output: ServiceOutput): void {
		const {inputs} = this.seats[place]!;
		const leaderId = nodeId(this.leader);
		switch (output.type) {
			case 'propose': {
				const {proposalId, commands} = output;
				if (place !== this.leader)
					return void inputs.push({type: 'proposalRefused', proposalId, reason: 'notLeader', leaderId});
				const firstIndex = this.log.length + 1;
				for (const command of commands) {
					this.log.push({index: this.log.length + 1, term: this.term, type: 'command', command});
				}
				return void inputs.push({type: 'proposed', proposalId, firstIndex, count: commands.length, term: this.term});
			}
			case 'read': {
				const {readId} = output;
				// Only after an entry of its own term is committed does a leader know the commit index (§8).
				const isReady = place === this.leader && this.log[this.commitIndex - 1]?.term === this.term;
				if (isReady) inputs.push({type: 'readReady', readId, readIndex: this.commitIndex});
				else inputs.push({type: 'readRefused', readId, leaderId});
				return;
			}
			case 'snapshotChunk':
				if (!output.done) inputs.push({type: 'snapshotChunkStored', index: output.index});
				return;
			case 'applied':
			case 'installChunkLoaded':
		}
	}

	/** A new leader, whose log has `kept` of the uncommitted entries; the others are lost. */
	elect(place: number, kept: number): void {
		this.leader = place;
		this.term = term(this.term + 1);
		this.log.length = Math.min(this.log.length, this.commitIndex + kept);
		this.log.push({index: this.log.length + 1, term: this.term, type: 'noop', command: new Uint8Array()});
		for (const [other, {inputs}] of this.seats.entries()) {
			const role = other === place ? 'leader' : 'follower';
			inputs.push({type: 'leadership', role, term: this.term, leaderId: nodeId(place)});
		}
	}

	commit(count: number): void {
		this.commitIndex = Math.min(this.log.length, this.commitIndex + count);
	}

	/** Queues committed entries for this server. */
	deliver(place: number, count: number): void {
		const seat = this.seats[place]!;
		const end = Math.min(this.commitIndex, seat.delivered + count);
		const entries = this.log.slice(seat.delivered, end);
		if (entries.length > 0) seat.inputs.push({type: 'apply', entries});
		seat.delivered = end;
	}

	/** Queues a snapshot of another server's state for one that lags behind. */
	install(place: number, from: number): void {
		const seat = this.seats[place]!;
		const {state} = this.seats[from]!.server;
		const index = state.appliedIndex;
		if (place === from || place === this.leader || index <= seat.delivered) return;
		const configuration = {voters: [], learners: []};
		const snapshot = {lastIncludedIndex: index, lastIncludedTerm: this.log[index - 1]!.term, configuration};
		seat.inputs.push({type: 'installSnapshot', snapshot});
		const writer = state.beginSnapshot(50);
		for (let done = false; !done;) {
			const chunk = writer.nextChunk();
			({done} = chunk);
			seat.inputs.push({type: 'installChunk', index, ...chunk});
		}
		seat.delivered = index;
	}

	/** The node tells its service the next thing. */
	tell(place: number): void {
		const seat = this.seats[place]!;
		const input = seat.inputs.shift();
		if (input !== undefined) seat.server.handle(input);
	}

	/** The process dies and comes back with the log it had, or with none of it applied at least. */
	restart(place: number): void {
		this.seats[place]!.server.stop();
		this.seats[place] = this.#seat(place);
		const role = place === this.leader ? 'leader' : 'follower';
		if (place === this.leader) this.elect(place, 0);
		else this.seats[place].inputs.push({type: 'leadership', role, term: this.term, leaderId: nodeId(this.leader)});
	}

	/** Everybody does all there is to do. */
	settle(): void {
		for (let isBusy = true; isBusy;) {
			isBusy = false;
			for (const {server} of this.seats) server.flush();
			this.commit(Infinity);
			for (const [place, seat] of this.seats.entries()) {
				this.deliver(place, Infinity);
				isBusy ||= seat.inputs.length > 0;
				while (seat.inputs.length > 0) this.tell(place);
				while (seat.server.slice());
				isBusy ||= seat.inputs.length > 0;
			}
		}
	}
}
