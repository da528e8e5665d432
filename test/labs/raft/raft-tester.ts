/** What the lab's rows ask of Raft servers: one leader, one term, agreement on a command. Times are the lab's. */
import assert from 'node:assert/strict';
import type {LabMode} from '../../../src/faults/fault-plan.js';
import type {Accepted, LabWorld, RaftCluster, Traffic} from '../harness.js';
import type {ApplyJudge} from './apply-judge.js';

const agreementTimeoutMs = 10_000;
const commitTimeoutMs = 2000;
const commitPollMs = 20;
const leaderRounds = 10;

export class RaftTester {
	readonly servers: readonly number[];
	readonly world: LabWorld;
	readonly #cluster: RaftCluster;
	readonly #judge: ApplyJudge;
	readonly #connected = new Set<number>();
	readonly #up = new Set<number>();
	/** Where the next `one` begins to ask. */
	#place = 0;

	constructor(world: LabWorld, cluster: RaftCluster, judge: ApplyJudge, servers: number) {
		this.world = world;
		this.#cluster = cluster;
		this.#judge = judge;
		this.servers = Array.from({length: servers}, (_, server) => server);
		for (const server of this.servers) {
			this.#connected.add(server);
			this.#up.add(server);
		}
	}

	/** `server + offset`, around the ring of servers. */
	after(server: number, offset = 1): number {
		return (server + offset) % this.servers.length;
	}

	/** A random command, 9 digits long or so. */
	command(): string {
		return String(this.world.random.uint32());
	}

	// ---------------------------------------------------------------------------------------- the servers

	isUp(server: number): boolean {
		return this.#up.has(server);
	}

	isConnected(server: number): boolean {
		return this.#connected.has(server);
	}

	get upCount(): number {
		return this.#up.size;
	}

	get connectedCount(): number {
		return this.#connected.size;
	}

	connect(...servers: readonly number[]): void {
		for (const server of servers) {
			this.#connected.add(server);
			this.#cluster.connect(server);
		}
	}

	disconnect(...servers: readonly number[]): void {
		for (const server of servers) {
			this.#connected.delete(server);
			this.#cluster.disconnect(server);
		}
	}

	/** Ends servers where they are; they are disconnected, too. */
	async crash(...servers: readonly number[]): Promise<void> {
		this.disconnect(...servers);
		for (const server of servers) this.#up.delete(server);
		await Promise.all(servers.map(server => this.#cluster.crash(server)));
	}

	/** Starts servers from what they have written, those that are up after a crash; they stay disconnected. */
	async restart(...servers: readonly number[]): Promise<void> {
		await this.crash(...servers.filter(server => this.isUp(server)));
		await Promise.all(servers.map(server => this.#cluster.restart(server)));
		for (const server of servers) this.#up.add(server);
	}

	async restartConnected(...servers: readonly number[]): Promise<void> {
		await this.restart(...servers);
		this.connect(...servers);
	}

	setMode(mode: LabMode, on: boolean): void {
		this.#cluster.setMode(mode, on);
	}

	async start(server: number, command: string): Promise<Accepted | undefined> {
		return this.#cluster.start(server, command);
	}

	/** Start on a server that has to be the leader. */
	async startOnLeader(server: number, command: string): Promise<Accepted> {
		const accepted = await this.start(server, command);
		assert(accepted !== undefined, `leader ${server} rejected Start()`);
		return accepted;
	}

	async term(server: number): Promise<number> {
		return (await this.#cluster.view(server))?.term ?? 0;
	}

	traffic(): Traffic {
		return this.#cluster.traffic();
	}

	/** Requests that reached the servers. */
	received(): number {
		return this.servers.reduce((sum, server) => sum + this.#cluster.received(server), 0);
	}

	/** The largest of what any server that is up keeps for Raft, in bytes. */
	async stateBytes(): Promise<number> {
		const views = await Promise.all(this.servers.map(server => this.#cluster.view(server)));
		return Math.max(...views.map(view => view?.stateBytes ?? 0));
	}

	get highestApplied(): number {
		return this.#judge.highest;
	}

	// ------------------------------------------------------------------------------------------ elections

	/** Never two leaders of a term, and one leader at least within about 5 s; that of the highest term. */
	async checkOneLeader(): Promise<number> {
		for (let round = 0; round < leaderRounds; round++) {
			await this.world.sleep(this.world.random.integer(450, 549));
			const leaders = new Map<number, number>();
			for (const {server, term} of await this.#leaders()) {
				assert(!leaders.has(term), `term ${term} has two leaders, ${leaders.get(term)} and ${server}`);
				leaders.set(term, server);
			}
			if (leaders.size > 0) return leaders.get(Math.max(...leaders.keys()))!;
		}
		return assert.fail('expected one leader, got none');
	}

	/** The term that all connected servers are in. */
	async checkTerms(): Promise<number> {
		const terms = await Promise.all([...this.#connected].map(server => this.term(server)));
		assert(new Set(terms).size === 1, `servers disagree on the term: ${terms.join(', ')}`);
		return terms[0]!;
	}

	async checkNoLeader(): Promise<void> {
		const leaders = await this.#leaders();
		assert(leaders.length === 0, `expected no leader among connected servers, but ${leaders[0]?.server} claims to be`);
	}

	async #leaders(): Promise<readonly {readonly server: number; readonly term: number}[]> {
		const views = await Promise.all(
			[...this.#connected].map(async server => ({server, view: await this.#cluster.view(server)})),
		);
		return views.flatMap(({server, view}) => (view?.isLeader === true ? [{server, term: view.term}] : []));
	}

	// ------------------------------------------------------------------------------------------ agreement

	/** How many servers have applied this index, and what. */
	committed(index: number): {readonly count: number; readonly command: string | undefined} {
		return this.#judge.committed(index);
	}

	checkNotCommitted(index: number): void {
		const {count} = this.committed(index);
		assert(count === 0, `${count} servers have applied index ${index}, though no majority had it`);
	}

	/** Gets a command applied by `expected` servers within 10 s; its index. With `retry` it may be logged several times. */
	async one(command: string, expected: number, {retry}: {readonly retry: boolean}): Promise<number> {
		const deadline = this.world.now() + agreementTimeoutMs;
		while (this.world.now() < deadline) {
			const accepted = await this.#startAnywhere(command);
			if (accepted === undefined) await this.world.sleep(50);
			else if (await this.#isApplied(accepted.index, command, expected)) return accepted.index;
			else assert(retry, `'${command}' failed to reach agreement`);
		}
		return assert.fail(`'${command}' failed to reach agreement within 10 s`);
	}

	async #startAnywhere(command: string): Promise<Accepted | undefined> {
		for (const _ of this.servers) {
			this.#place = this.after(this.#place);
			const server = this.#place;
			const accepted = this.isConnected(server) ? await this.start(server, command) : undefined;
			if (accepted !== undefined) return accepted;
		}
		return undefined;
	}

	async #isApplied(index: number, command: string, expected: number): Promise<boolean> {
		const deadline = this.world.now() + commitTimeoutMs;
		while (this.world.now() < deadline) {
			const committed = this.committed(index);
			if (committed.count >= expected && committed.command === command) return true;
			await this.world.sleep(commitPollMs);
		}
		return false;
	}

	/**
	 * What `expected` servers have applied at this index, waiting up to about 30 s; `undefined` as soon as a server has
	 * left `term`, when one is given.
	 */
	async wait(index: number, expected: number, term?: number): Promise<string | undefined> {
		for (let round = 0, pauseMs = 10; round < 30 && this.committed(index).count < expected; round++) {
			await this.world.sleep(pauseMs);
			if (pauseMs < 1000) pauseMs *= 2;
			if (term !== undefined && (await this.hasLeft(term))) return undefined;
		}
		const {count, command} = this.committed(index);
		assert(count >= expected, `only ${count} of ${expected} servers applied index ${index}`);
		return command;
	}

	/** Whether a server has gone on to a later term. */
	async hasLeft(term: number): Promise<boolean> {
		const terms = await Promise.all(this.servers.map(server => this.term(server)));
		return terms.some(other => other > term);
	}
}
