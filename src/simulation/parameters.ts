/**
 * All that is drawn for one run: sizes, times and limits of the cluster, and what its clients do. Values are at times
 * absurdly small ("buggify"): with one entry a message and three messages in flight, the paths that matter under load
 * are taken all the time.
 */
import type {Random} from '../base/random.js';
import type {ClerkLimits} from '../service/clerk/limits.js';
import type {KvLimits} from '../kv/limits.js';
import type {ServerLimits} from '../service/server/limits.js';
import {defaultSessionLimits} from '../service/sessions.js';
import {defaultRaftLimits, type RaftLimits} from '../raft/options.js';
import {drawHabits, type Habits} from './habits.js';
import type {DeathNotices} from './death-notices.js';
import type {Echo, Latency} from './network.js';
import type {WallClocks} from './wall-clock.js';

/** How often each kind of operation is asked for, against the others. */
export interface Mix {
	readonly get: number;
	readonly put: number;
	readonly append: number;
	readonly compareAndSet: number;
	readonly delete: number;
	readonly increment: number;
	readonly batch: number;
	/** Puts with a condition, or that give the value that was there. */
	readonly conditionalPut: number;
	/** A batch of some hundred keys. */
	readonly fill: number;
	readonly clear: number;
	/** Compares on several keys, and what is done if they hold. */
	readonly transaction: number;
	/** Puts with a deadline, and other deadlines for keys that are there. */
	readonly expire: number;
	/** Keys read part by part, and counted. */
	readonly scan: number;
	readonly watch: number;
	/** Leases, and puts that belong to them. */
	readonly lease: number;
}

/** What the clients of a run ask for, and how fast. */
export interface Workload {
	readonly clients: number;
	/** Operations that one client has in flight at most. */
	readonly slots: number;
	readonly keys: number;
	/** Part of the operations that go to one key. */
	readonly hotKey: number;
	readonly mix: Mix;
	/** Mean pause of a slot between two operations. */
	readonly thinkMs: number;
	/** Part of the operations after which the next comes at once. */
	readonly burst: number;
	/** Bytes of a value, as a rule; and of a big one. */
	readonly valueBytes: number;
	readonly bigValueBytes: number;
	readonly bigValues: number;
	/** A client gives an operation up after this long. */
	readonly patienceMs: number;
	/** How long a key with a deadline is there, at most. */
	readonly ttlMsMax: number;
	/** Chance at each operation that the client dies instead, and a new one takes its place. */
	readonly clientCrash: number;
	readonly habits: Habits;
}

/** No answer to a client waits longer for something to tell. */
export const waitMsMax = 2000;

/** The settings of a run that were drawn from its seed. */
export interface SimulationParameters {
	readonly raft: RaftLimits;
	readonly server: Partial<ServerLimits>;
	readonly machine: Partial<KvLimits>;
	readonly clerk: Partial<ClerkLimits>;
	readonly requestsMayBeDoubled: boolean;
	readonly maxRaftState: number | undefined;
	readonly installChunkBytes: number;
	readonly segmentBytes: number;
	readonly preallocateBytes: number;
	readonly latency: Latency;
	/** Of messages to nodes. */
	readonly echo: Echo;
	readonly diskWriteMs: readonly [number, number];
	readonly diskSyncMs: readonly [number, number];
	/** From an input to the turn that takes it; 0: at once. What comes meanwhile shares the turn. */
	readonly turnMs: number;
	/** Between two slices of a service's work. */
	readonly sliceMs: number;
	/** Node and service take turns, as on two threads; else they talk until neither has anything more to say. */
	readonly isServiceApart: boolean;
	/** From a failure to the restart. */
	readonly restartMs: number;
	/** Chance that a fault of one node strikes the leader. */
	readonly aimAtLeader: number;
	/** Clients learn that a server died, instead of waiting for their timeout. */
	readonly isLossNoticed: boolean;
	/** Servers learn that a client waits no more. */
	readonly isCancelNoticed: boolean;
	/**
	 * Chance, whenever a server asks its node about the reads of several requests, that the link to the client of one of
	 * them breaks at this moment: the server learns of it before it has an answer.
	 */
	readonly brokenLinks: number;
	/** Chance that a minority stays broken when the faults end: the rest must do without it. */
	readonly lastingMinority: number;
	/** Mean time between two wishes that another node should lead, ms; 0: nobody ever wishes that. */
	readonly transferEveryMs: number;
	/** All nodes begin in this term. */
	readonly firstTerm: number;
	readonly wallClocks: WallClocks;
	readonly deathNotices: DeathNotices;
	readonly workload: Workload;
}

/** A draw from the usual values, and with the given chance one from the strange ones. */
const usually = <T>(random: Random, strange: number, usual: readonly T[], others: readonly T[]): T =>
	random.pick(random.chance(strange) ? others : usual);

export function drawParameters(random: Random, isDoubling: boolean): SimulationParameters {
	const latency: Latency = {
		minMs: random.pick([0.05, 0.2, 1, 5]),
		spreadMs: random.pick([0.1, 1, 5, 15]),
		isOrdered: random.chance(0.5),
	};
	const diskSyncMs = random.pick([
		[0.05, 0.3],
		[0.2, 2],
		[2, 12],
	] as const);
	const clients = random.integer(2, 5);
	const calls = drawCalls(random, clients);
	const requestsMayBeDoubled = isDoubling || random.chance(0.2);
	const roundTripMs = 2 * (latency.minMs + latency.spreadMs) + diskSyncMs[1];
	const raft = drawRaftLimits(random, roundTripMs);
	const {server, machine} = drawServerLimits(random, clients, roundTripMs);
	const habits = drawHabits(random.fork('habits'), roundTripMs, server.sessionTimeoutMs);
	const workload = {...calls, habits};
	return {
		raft,
		server,
		machine,
		clerk: drawClerkLimits(random, workload, roundTripMs),
		requestsMayBeDoubled,
		maxRaftState: usually(random, 0.15, [100, 600, 2000, 8000], [undefined]),
		installChunkBytes: random.pick([200, 2000, 128 * 1024]),
		segmentBytes: random.pick([1024, 4096, 64 * 1024]),
		preallocateBytes: random.pick([0, 512, 4096]),
		latency,
		diskWriteMs: random.pick([
			[0, 0],
			[0.01, 0.1],
			[0.1, 1],
		] as const),
		diskSyncMs,
		turnMs: usually(random, 0.4, [0], [0.05, 0.5]),
		sliceMs: random.pick([0, 0.05, 1, 3]),
		restartMs: random.pick([1, 30, 300]),
		aimAtLeader: random.pick([0, 0.5, 0.9]),
		isLossNoticed: random.chance(0.5),
		isCancelNoticed: random.chance(0.5),
		brokenLinks: usually(random.fork('broken links'), 0.6, [0], [0.2, 0.5]),
		lastingMinority: 0.3,
		workload,
		echo: drawEcho(random, requestsMayBeDoubled, habits),
		isServiceApart: random.chance(0.5),
		transferEveryMs: usually(random.fork('transfers'), 0.3, [0], [150, 500, 2000]),
		// Terms are stored in 48 bits, and the middle of them is where 32 bits end.
		wallClocks: drawWallClocks(random.fork('wall clocks')),
		deathNotices: drawDeathNotices(random.fork('death notices')),
		firstTerm: usually(random.fork('first term'), 0.15, [0], [2 ** 31 - 3, 2 ** 32 - 3, 2 ** 40]),
	};
}

function drawWallClocks(random: Random): WallClocks {
	return {skewMs: random.pick([0, 50, 2000]), setEveryMs: random.pick([Infinity, 500, 3000])};
}

function drawDeathNotices(random: Random): DeathNotices {
	const isBad = random.chance(0.5);
	return {
		areGiven: random.chance(0.5),
		lost: isBad ? random.pick([0.1, 0.5]) : 0,
		doubled: isBad ? random.pick([0, 0.3]) : 0,
		late: isBad ? random.pick([0, 0.3, 0.8]) : 0,
		lateMs: random.pick([5, 100, 1000]),
		falseEveryMs: isBad ? random.pick([0, 300, 2000]) : 0,
		isStartTold: random.chance(0.5),
	};
}

function drawEcho(random: Random, isOfClients: boolean, {train}: Habits): Echo {
	const late = random.fork('echo of trains');
	// A late copy of a request that was given up, while those behind it still wait for their answers.
	if (isOfClients && train.chance > 0 && late.chance(0.6)) {
		return {chance: late.pick([0.1, 0.3]), meanMs: late.pick([5, 20, 100]), isOfClients};
	}
	if (random.chance(0.6)) return {chance: 0, meanMs: 0, isOfClients};
	return {chance: random.pick([0.02, 0.1, 0.3]), meanMs: random.pick([30, 300, 3000]), isOfClients};
}

function drawRaftLimits(random: Random, roundTripMs: number): RaftLimits {
	const electionTimeoutMs = Math.max(random.pick([100, 150, 300, 600]), roundTripMs * 6);
	const small = random.chance(0.5) ? 0.7 : 0.05;
	return {
		...defaultRaftLimits,
		electionTimeoutMs,
		heartbeatMs: electionTimeoutMs / random.pick([3, 5, 8]),
		commitNoticeMs: random.pick([0, 2, 10, 40]),
		diskStallMs: Math.max(random.pick([400, 1000, 3000]), electionTimeoutMs * 2),
		appendBytesMax: usually(random, small, [2 ** 20], [1, 100, 1000]),
		inflightBytesMax: usually(random, small, [8 * 2 ** 20], [1, 500, 5000]),
		inflightMessagesMax: usually(random, small, [256], [1, 2, 5]),
		youngEntries: random.fork('young entries').pick([1, 3, 20, 1024]),
		unappliedBytesMax: usually(random, small / 2, [64 * 2 ** 20], [1000, 10_000]),
		entryBytesMax: usually(random, 0.1, [4 * 2 ** 20], [600]),
		// A state is small here: without a chunk that is smaller no transfer ever takes more than one.
		snapshotChunkBytes: usually(random, 0.5, [256 * 1024], [40, 150, 600]),
	};
}

function drawServerLimits(
	random: Random,
	clients: number,
	roundTripMs: number,
): {readonly server: ServerLimits; readonly machine: KvLimits} {
	const small = random.chance(0.5) ? 0.6 : 0.05;
	const sizes = random.fork('sizes of requests');
	const watches = random.fork('limits of watches');
	// Drawn from the same fork, in this order: what a seed draws stays what it was.
	const server = {
		sessionResultBytesMax: usually(sizes, 0.15, [16 * 2 ** 20], [64, 150, 1000]),
		commandBytesMax: usually(sizes, 0.1, [1.5 * 2 ** 20], [150, 400]),
		requestBytesMax: usually(sizes, 0.1, [4 * 2 ** 20], [16, 40]),
		requestOperationsMax: usually(sizes, 0.1, [4096], [1, 2]),
		readBytesMax: usually(sizes, 0.1, [64 * 2 ** 20], [64, 300]),
		preparedBytesMax: usually(sizes, 0.2, [2 ** 20], [1, 60]),
		putOffReadsMax: usually(watches, 0.4, [1024], [1, 2]),
		stateBytesMax: usually(random.fork('memory'), 0.1, [Infinity], [400, 2000, 10_000]),
		pendingBytesMax: usually(sizes, 0.1, [64 * 2 ** 20], [300, 2000]),
		sliceOperationsMax: usually(random, small, [256], [1, 3]),
		sliceBytesMax: usually(random, small, [256 * 1024], [100]),
		snapshotChunkBytes: usually(random, small, [64 * 1024], [50, 500]),
		// Where the log carries one entry a round trip, those of all clients take so long: a session that is over before its first
		// write has passed the log is opened anew for ever.
		sessionTimeoutMs: Math.max(
			usually(random, 0.4, [defaultSessionLimits.sessionTimeoutMs], [200, 500, 3000]),
			Math.ceil(clients * 10 * roundTripMs),
		),
		sessionsMax: usually(random, 0.2, [10_000], [clients - 1, clients + 2]),
		sessionResultsMax: usually(random, small / 2, [4096], [2, 8]),
		clockIntervalMs: random.pick([50, 200, 1000]),
		proposalBytesMax: usually(random, small, [2 ** 20], [1, 300]),
		pendingRequestsMax: usually(random, small / 4, [16_384], [2, 4]),
	};
	const machine = {
		valueBytesMax: usually(sizes, 0.25, [2 ** 20], [50, 300]),
		changesMax: usually(watches, 0.3, [16_384], [1, 10, 100]),
		changeBytesMax: usually(watches, 0.2, [4 * 2 ** 20], [100, 2000]),
		changesKeptMs: usually(watches, 0.3, [600_000], [100, 1000]),
	};
	return {server, machine};
}

function drawClerkLimits(random: Random, {slots, habits}: Workload, roundTripMs: number): Partial<ClerkLimits> {
	const sizes = random.fork('sizes of requests');
	// Clients that ask again before anybody can have answered only bury the cluster in repeats.
	const attemptTimeoutMs = Math.max(random.pick([60, 150, 500, 1000]), 10 * roundTripMs);
	const requestsMax = random.pick([1, 2, 16]);
	const batchOperationsMax = random.pick([1, 2, 256]);
	// A train that travels as one request is in order whatever becomes of it.
	const isSplit = habits.train.chance > 0 && random.fork('split trains').chance(0.7);
	return {
		batchBytesMax: usually(sizes, 0.2, [256 * 1024], [1, 300]),
		operationBytesMax: usually(sizes, 0.1, [1.5 * 2 ** 20], [100, 300]),
		operationsMax: usually(sizes, 0.1, [65_536], [1, 2]),
		attemptTimeoutMs,
		requestsMax: isSplit ? 16 : requestsMax,
		batchOperationsMax: isSplit ? Math.min(batchOperationsMax, 3) : batchOperationsMax,
		windowMax: usually(random, 0.2, [2048], [1, slots]),
		backoffMinMs: random.pick([1, 5]),
		backoffMaxMs: random.pick([20, 100, 250]),
		gatherMs: usually(random.fork('gathering'), 0.3, [0], [1, 5, 50]),
	};
}

function drawCalls(random: Random, clients: number): Omit<Workload, 'habits'> {
	const slots = random.pick([1, 1, 2, 4]);
	const weight = (least: number): number => (random.chance(0.25) ? least : random.float());
	const operationsPerSecond = random.pick([40, 100, 250]);
	const rare = random.fork('rare operations');
	const transactions = random.fork('transactions');
	const expiry = random.fork('expiry');
	const scans = random.fork('scans');
	const leases = random.fork('leases');
	const watches = random.fork('watches');
	return {
		clients,
		slots,
		keys: random.pick([1, 3, 8, 20, 40]),
		hotKey: random.pick([0, 0.3, 0.8]),
		mix: {
			get: 0.2 + weight(0),
			put: weight(0.05),
			append: weight(0.05),
			compareAndSet: weight(0) / 2,
			// The checker has to search a history with deletions: an absent key has no version.
			delete: random.chance(0.3) ? random.float() / 5 : 0,
			increment: weight(0) / 2,
			batch: weight(0) / 4,
			conditionalPut: rare.chance(0.7) ? rare.float() / 3 : 0,
			fill: rare.chance(0.12) ? 0.1 : 0,
			clear: rare.chance(0.12) ? 0.03 : 0,
			transaction: transactions.chance(0.35) ? 0.1 + transactions.float() / 2 : 0,
			expire: expiry.chance(0.25) ? expiry.pick([0.1, 0.5]) : 0,
			scan: scans.chance(0.1) ? 0.2 + scans.float() / 2 : 0,
			lease: leases.chance(0.2) ? leases.pick([0.1, 0.5]) : 0,
			watch: watches.chance(0.25) ? watches.pick([0.2, 0.6]) : 0,
		},
		thinkMs: (clients * slots * 1000) / operationsPerSecond,
		burst: random.pick([0, 0.2, 0.5]),
		valueBytes: random.pick([8, 16, 60]),
		bigValueBytes: random.pick([200, 1000, 5000]),
		bigValues: random.pick([0, 0.02, 0.2]),
		patienceMs: random.pick([200, 1000, 4000]),
		ttlMsMax: expiry.pick([20, 200, 2000]),
		clientCrash: random.pick([0, 0, 0.01]),
	};
}
