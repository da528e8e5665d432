/**
 * The border between the lab rows and the world that they run in. A row is written once, against these interfaces; real
 * threads are one body of them (`threads/`), virtual time is the other (`simulated/`). A row has no clock and no chance of its own.
 *
 * Indexes are the lab's: the place of a command among the commands, from 1. Our leader opens its term with a no-op
 * (§8), which the lab forbids; a no-op has no index here, so every index check of the lab stands as it is.
 */
import type {LabMode} from '../../src/faults/fault-plan.js';
import type {Random} from '../../src/base/random.js';
import type {ApplyStream} from './raft/apply-judge.js';

export interface LabWorld {
	/** Everything that a row draws. */
	readonly random: Random;
	/** Milliseconds, never back. */
	now(): number;
	sleep(ms: number): Promise<void>;
	startRaft(options: RaftClusterOptions): Promise<RaftCluster>;
	startKv(options: KvClusterOptions): Promise<KvCluster>;
}

/** What went through the network since the start, as the lab counts it. */
export interface Traffic {
	/** Requests that entered the network, clerks' and lost ones included. */
	readonly requests: number;
	/** Payloads, and an estimate for the headers of each request and its reply. */
	readonly bytes: number;
}

export interface RaftClusterOptions {
	readonly servers: number;
	/** The service takes snapshots (part 2D). */
	readonly snapshots: boolean;
	/** Hears of every delivery of every apply stream. */
	readonly applied: ApplyStream;
	/** A server ended that nobody has crashed. */
	readonly died: (error: Error) => void;
}

/** What Start() answers on a server that takes itself for the leader. */
export interface Accepted {
	readonly index: number;
	readonly term: number;
}

export interface RaftView {
	readonly term: number;
	readonly isLeader: boolean;
	/** Bytes of what the server keeps for Raft: log and hard state, without the snapshot. */
	readonly stateBytes: number;
}

/** Raft servers with the lab's service on them: it keeps the list of all commands. Servers are 0, 1, 2, ... */
export interface RaftCluster {
	/** The lab's Start(): proposes on this server, answers at once; `undefined` when it is down or not the leader. */
	start(server: number, command: string): Promise<Accepted | undefined>;
	/** `undefined` when it is down. */
	view(server: number): Promise<RaftView | undefined>;
	/** All its links, both ways. */
	disconnect(server: number): void;
	connect(server: number): void;
	/**
	 * The lab has `longDelays` on in all rows, so that a leader that waits for the answer of a dead peer stalls. Our
	 * messages are one-way and nobody waits, so no row sets it.
	 */
	setMode(mode: LabMode, on: boolean): void;
	/** Ends the server where it is; what it has written stays. */
	crash(server: number): Promise<void>;
	/** Starts a crashed server from what it has written. */
	restart(server: number): Promise<void>;
	/** Requests that reached this server since it was last started. */
	received(server: number): number;
	traffic(): Traffic;
	/** Whatever is called afterwards throws. */
	close(): Promise<void>;
}

export interface KvClusterOptions {
	readonly servers: number;
	/** Bytes of log that make a server take a snapshot; `undefined`: never. */
	readonly maxRaftState: number | undefined;
	/** A server ended that nobody has shut down. */
	readonly died: (error: Error) => void;
}

/** What a server keeps, in bytes. */
export interface ServerSizes {
	/** Log and hard state. */
	readonly state: number;
	readonly snapshot: number;
}

export interface KvCluster {
	/** A new client, connected to all servers. */
	clerk(): KvClerk;
	/** Replaces an earlier partition. Links of clerks stay as they are. */
	partition(groups: readonly (readonly number[])[]): void;
	/** The partition is over; links of clerks stay as they are. */
	connectAll(): void;
	setMode(mode: LabMode, on: boolean): void;
	leader(): Promise<number | undefined>;
	shutdown(server: number): Promise<void>;
	start(server: number): Promise<void>;
	/** By server; all have to be up. */
	sizes(): Promise<readonly ServerSizes[]>;
	traffic(): Traffic;
	/** Whatever is called afterwards throws. */
	close(): Promise<void>;
}

/** One client; one operation at a time, tried until it succeeds. */
export interface KvClerk {
	/** `value` is `undefined` when the key is absent. */
	get(key: string): Promise<{readonly value: string | undefined; readonly version: number}>;
	/** The key's version afterwards. */
	put(key: string, value: string): Promise<number>;
	append(key: string, value: string): Promise<number>;
	/** From here on it reaches these servers only, and only they reach it. */
	connectTo(servers: readonly number[]): void;
	close(): void;
}
