/** What is measured, behind one interface; each runs in a process of its own (see system-process.ts). */
import type {Executor} from '../../actors/executor.js';
import type {Latencies} from '../latencies.js';

export type Durability = 'memory' | 'durable';
export type Workload = 'write' | 'read' | 'mixed';

/** 16-byte keys and 100-byte values, as everywhere in this project's figures. */
export const keyCount = 1024;
export const valueBytes = 100;

/** One closed loop: `inFlight` operations at any time, each followed by the next as soon as it is answered. */
export interface Load {
	readonly workload: Workload;
	readonly inFlight: number;
	readonly warmUpMs: number;
	readonly measureMs: number;
	readonly seed: number;
}

/** What came of one load, warm-up left out. */
export interface Measurement {
	readonly operations: number;
	readonly seconds: number;
	/** Operations that failed or whose outcome stayed unknown; not among `operations`. */
	readonly failures: number;
	/** Of the system, its servers and its load generator together; `undefined` where it cannot be known. */
	readonly cpuSeconds: number | undefined;
	readonly latencies: Latencies;
}

export interface StartOptions {
	readonly nodes: number;
	readonly durability: Durability;
	/** Empty, of this system alone, on the disk that is measured. */
	readonly directory: string;
	/** Free, and nobody else's: {@link portsOf} so many. */
	readonly ports: readonly number[];
	/** The compiled code of another build of ours, which is measured in the place of this one's: a `file:` URL that ends with `/`. */
	readonly build?: string;
}

/** What a system of so many nodes may listen on: two ports a node. */
export const portsOf = (nodes: number): number => 2 * nodes;

export interface RunningSystem {
	measure(load: Load): Promise<Measurement>;
	stop(): Promise<void>;
	/** Systems whose leader can be killed under load, and can be watched for long. */
	readonly crashable?: Crashable;
}

/** How long a client waits for a server that may have lost its leader: our clerk's default, so all others' too. */
export const attemptTimeoutMs = 500;

export interface Crashable {
	/** A client of its own, which gives an attempt up after {@link attemptTimeoutMs}. */
	connect(): Executor & {close(): void};
	/** The shortest time without a leader's word after which a follower campaigns, ms. */
	readonly electionTimeoutMs: number;
	/** Kills the leader, and says who that was, and when it was done, by `performance.now()`. */
	killLeader(): Promise<{readonly node: number; readonly killedAt: number}>;
	restart(node: number): Promise<void>;
	/** Of the newest leader that is known. */
	term(): Promise<number>;
}

export type SystemId =
	| 'skeleton'
	| 'skeleton-thread'
	| 'skeleton-single'
	| 'threadraft'
	| 'threadraft-thread'
	| 'threadraft-redis'
	| 'etcd'
	| 'redis'
	| 'coaty';

export interface System {
	readonly id: SystemId;
	/** For tables and legends. */
	readonly title: string;
	/** The skeleton of the same shape: what this one's throughput is divided by. */
	readonly limit: SystemId;
	readonly workloads: readonly Workload[];
	readonly durabilities: readonly Durability[];
	/** Only on request: `--peers`. */
	readonly isPeer?: boolean;
	/** Why it cannot run on this machine, and what would help; `undefined`: it can. */
	unavailable(options: Pick<StartOptions, 'nodes' | 'durability'>): string | undefined;
	start(options: StartOptions): Promise<RunningSystem>;
}
