/** Runs one row in a world, with what the lab demands of every test, and measures what its "Passed" line tells. */
import assert from 'node:assert/strict';
import type {KvRow, RaftRow, Row} from './catalogue.js';
import type {LabWorld, Traffic} from './harness.js';
import {KvTester} from './kv/kv-tester.js';
import {ApplyJudge} from './raft/apply-judge.js';
import {RaftTester} from './raft/raft-tester.js';

export interface Measures {
	readonly seconds: number;
	readonly servers: number;
	readonly requests: number;
	/** Of Raft rows. */
	readonly bytes: number | undefined;
	/** Entries agreed on (Raft rows), or operations of clerks. */
	readonly agreements: number;
}

/** The lab's limit for any test. */
const rowTimeoutMs = 120_000;

export async function runRow(row: Row, world: LabWorld): Promise<Measures> {
	return row.type === 'raft' ? runRaft(row, world) : runKv(row, world);
}

/** The lab's own line. */
export function passedLine({seconds, servers, requests, bytes, agreements}: Measures): string {
	const columns = [seconds.toFixed(1), servers, requests, ...(bytes === undefined ? [] : [bytes]), agreements];
	return `  ... Passed --  ${columns.map(column => String(column).padStart(5)).join(' ')}`;
}

async function runRaft(row: RaftRow, world: LabWorld): Promise<Measures> {
	const violation = new Violation();
	const judge = new ApplyJudge(row.servers, violation.report);
	const {servers, snapshots} = row;
	const cluster = await world.startRaft({servers, snapshots, applied: judge, died: violation.report});
	try {
		const startedAt = world.now();
		await violation.orElse(row.run(new RaftTester(world, cluster, judge, servers)));
		return {...measures(world, startedAt, row, cluster.traffic()), agreements: judge.highest};
	} finally {
		await cluster.close();
		violation.throwIfSeen();
	}
}

async function runKv(row: KvRow, world: LabWorld): Promise<Measures> {
	const violation = new Violation();
	const {servers, maxRaftState} = row;
	const cluster = await world.startKv({servers, maxRaftState, died: violation.report});
	try {
		const startedAt = world.now();
		const tester = new KvTester(world, cluster, row);
		await violation.orElse(row.run(tester));
		const measured = measures(world, startedAt, row, cluster.traffic());
		tester.checkLinearizable();
		return {...measured, bytes: undefined, agreements: tester.operations};
	} finally {
		await cluster.close();
		violation.throwIfSeen();
	}
}

function measures(world: LabWorld, startedAt: number, {servers}: Row, {requests, bytes}: Traffic) {
	const tookMs = world.now() - startedAt;
	assert(tookMs <= rowTimeoutMs, `the row took ${tookMs} ms, longer than 120 s`);
	return {seconds: tookMs / 1000, servers, requests, bytes};
}

/** Something that must never happen, seen by somebody other than the row; it ends the row at once. */
class Violation {
	#first: Error | undefined;
	#reject: (error: Error) => void = () => undefined;
	readonly #seen: Promise<never>;
	readonly report = (error: Error): void => {
		this.#first ??= error;
		this.#reject(error);
	};

	constructor() {
		this.#seen = new Promise((_, reject) => {
			this.#reject = reject;
		});
		this.#seen.catch(() => undefined);
	}

	/** Also what came to light after the row had ended. */
	throwIfSeen(): void {
		if (this.#first !== undefined) throw this.#first;
	}

	async orElse<T>(row: Promise<T>): Promise<T> {
		return Promise.race([row, this.#seen]);
	}
}
