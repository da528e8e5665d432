/** Counts what a node does, as it happens; what it costs is an addition or two. */
import {bytesOnWire} from '../../src/raft/message-bytes.js';
import type {ElectionCause, LossReason, RaftEvent} from '../../src/raft/events.js';
import type {
	LogIndex,
	Milliseconds,
	NodeId,
	RaftMessage,
	ServiceInput,
	ServiceOutput,
	Term,
} from '../../src/raft/types.js';
import {type CommitLatency, CommitStages, type CommitStagesOptions} from './commit-stages.js';
import {type DurationHistogram, Durations, snapshotBoundsMs} from './histogram.js';

/** What a node has sent to another one, heartbeats included. */
export interface PeerMetrics {
	readonly to: NodeId;
	readonly messages: number;
	/** About: entries and snapshots as they are, and something for the rest. */
	readonly bytes: number;
}

/** What a node's Raft thread has counted since it has started. */
export interface RaftCounts {
	/** Attempts to be elected, by their cause. */
	readonly elections: Readonly<Record<ElectionCause, number>>;
	/** How often it came to know of a leader of another term, or of another leader; itself included. */
	readonly leaderChanges: number;
	/** How often it has led and leads no more, by the reason. */
	readonly leadershipLosses: Readonly<Record<LossReason, number>>;
	/** Stalls that were told as `commitStalled`. */
	readonly commitStalls: number;
	/** Stalls that were told as `diskSlow`. */
	readonly diskStalls: number;
	/** Proposals that the node did not take: it did not lead, or too much was waiting. */
	readonly proposalsRefused: number;
	readonly commitLatency: CommitLatency;
	/** Of its own state, from the wish to the durable file. */
	readonly snapshotsTaken: DurationHistogram;
	/** To followers, from the first chunk to the word that it is installed. */
	readonly snapshotsSent: DurationHistogram;
	/** Of a leader, from the durable file to the state that it makes. */
	readonly snapshotsInstalled: DurationHistogram;
	/** To each node that anything was sent to. */
	readonly peers: readonly PeerMetrics[];
}

export class RaftMeter {
	readonly stages: CommitStages;
	readonly #now: () => Milliseconds;
	readonly #elections: Record<ElectionCause, number> = {
		leaderDown: 0,
		leaderSilent: 0,
		noLeader: 0,
		votesMissing: 0,
		transfer: 0,
	};
	readonly #losses: Record<LossReason, number> = {newerTerm: 0, noQuorum: 0, diskStalled: 0, transferred: 0};
	readonly #peers = new Map<NodeId, {messages: number; bytes: number}>();
	readonly #taken = new Durations(snapshotBoundsMs);
	readonly #sent = new Durations(snapshotBoundsMs);
	readonly #installed = new Durations(snapshotBoundsMs);
	readonly #sendingSince = new Map<NodeId, Milliseconds>();
	#takingSince: Milliseconds = 0;
	/** `isOfLeader`: and not the node's own, with which it has started. */
	#installing: {readonly index: LogIndex; readonly since: Milliseconds; isOfLeader: boolean} | undefined;
	#leader: {readonly term: Term; readonly id: NodeId | undefined} | undefined;
	#leaderChanges = 0;
	#commitStalls = 0;
	#diskStalls = 0;
	#proposalsRefused = 0;

	constructor(options: CommitStagesOptions) {
		this.#now = options.now;
		this.stages = new CommitStages(options);
	}

	get counts(): RaftCounts {
		return {
			elections: {...this.#elections},
			leaderChanges: this.#leaderChanges,
			leadershipLosses: {...this.#losses},
			commitStalls: this.#commitStalls,
			diskStalls: this.#diskStalls,
			proposalsRefused: this.#proposalsRefused,
			commitLatency: this.stages.latency,
			snapshotsTaken: this.#taken.histogram,
			snapshotsSent: this.#sent.histogram,
			snapshotsInstalled: this.#installed.histogram,
			peers: Array.from(this.#peers, ([to, counts]) => ({to, ...counts})),
		};
	}

	/** The node sends a message. */
	sent(to: NodeId, message: RaftMessage): void {
		let peer = this.#peers.get(to);
		if (peer === undefined) {
			peer = {messages: 0, bytes: 0};
			this.#peers.set(to, peer);
		}
		peer.messages += 1;
		peer.bytes += bytesOnWire(message);
	}

	/** What the node tells the service. */
	told(input: ServiceInput): void {
		this.stages.told(input);
		if (input.type === 'takeSnapshot') this.#takingSince = this.#now();
		else if (input.type === 'proposalRefused') this.#proposalsRefused += 1;
		else if (input.type === 'installSnapshot') {
			this.#installing = {index: input.snapshot.lastIncludedIndex, since: this.#now(), isOfLeader: false};
		}
	}

	/** What the service tells the node. */
	heard(output: ServiceOutput): void {
		if (output.type === 'propose') this.stages.proposing(output.proposalId);
		else if (output.type === 'applied') {
			this.stages.applied(output.index);
			if (this.#installing !== undefined) this.#endInstallation(output.index);
		}
	}

	event(event: RaftEvent): void {
		switch (event.type) {
			case 'electionStarted':
				this.#elections[event.cause] += 1;
				return;
			case 'roleChanged':
				this.#follow(event.term, event.leaderId);
				return;
			case 'leadershipLost':
				this.#losses[event.reason] += 1;
				this.#sendingSince.clear();
				return;
			case 'commitStalled':
				this.#commitStalls += 1;
				return;
			case 'diskSlow':
				this.#diskStalls += 1;
				return;
			case 'snapshotTaken':
				this.#taken.add(this.#now() - this.#takingSince);
				return;
			case 'snapshotSending':
				this.#sendingSince.set(event.to, this.#now());
				return;
			case 'snapshotSent':
				this.#sent.add(this.#now() - (this.#sendingSince.get(event.to) ?? this.#now()));
				this.#sendingSince.delete(event.to);
				return;
			case 'snapshotInstalled':
				if (this.#installing?.index === event.index) this.#installing.isOfLeader = true;
				return;
			case 'commitResumed':
			case 'transferStarted':
			case 'transferDone':
			case 'transferGivenUp':
			case 'diskRecovered':
				return;
			default:
				event satisfies never;
		}
	}

	#follow(term: Term, id: NodeId | undefined): void {
		if (id !== undefined && (this.#leader?.id !== id || this.#leader.term !== term)) this.#leaderChanges += 1;
		if (id !== undefined) this.#leader = {term, id};
	}

	#endInstallation(index: LogIndex): void {
		const installing = this.#installing;
		if (installing === undefined || index < installing.index) return;
		if (installing.isOfLeader) this.#installed.add(this.#now() - installing.since);
		this.#installing = undefined;
	}
}
