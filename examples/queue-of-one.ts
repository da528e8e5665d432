/** A queue of one: jobs in their order, one at a time, whichever of the workers takes them. Each is done once. */
import {setTimeout as sleep} from 'node:timers/promises';
import type {KeyValueClient} from 'threadraft';
import {guarded, lock} from './lock.js';

const retryMs = 20;

/** Puts a job at the end. */
export async function enqueue(clerk: KeyValueClient, queue: string, job: string): Promise<void> {
	for (;;) {
		const tail = await clerk.get(`${queue}/tail`);
		const number = tail === undefined ? 0 : Number(new TextDecoder().decode(tail.value));
		const {isCommitted} = await clerk.transaction({
			if: [{key: `${queue}/tail`, is: tail === undefined ? 'absent' : {version: tail.version}}],
			do: [
				{type: 'put', key: `${queue}/job/${number}`, value: job},
				{type: 'increment', key: `${queue}/tail`},
			],
		});
		if (isCommitted) return;
	}
}

/**
 * Takes jobs until `signal` is aborted. `work` gives the key and the value that the job results in: these are written in the step that takes
 * the job off the queue. A worker that has lost its turn changes nothing, and the next one has that job again.
 */
export async function takeJobs(
	clerk: KeyValueClient,
	queue: string,
	work: (job: string, number: number) => Promise<{readonly key: string; readonly value: string}>,
	signal: AbortSignal,
): Promise<void> {
	const {token, release} = await lock(clerk, `${queue}/turn`);
	for (let isMine = true; isMine && !signal.aborted;) {
		const number = Number((await clerk.getText(`${queue}/head`)) ?? 0);
		const job = await clerk.getText(`${queue}/job/${number}`);
		if (job === undefined) {
			await sleep(retryMs);
			continue;
		}
		const {key, value} = await work(job, number);
		isMine = await guarded(clerk, `${queue}/turn`, token, [
			{type: 'put', key, value},
			{type: 'delete', key: `${queue}/job/${number}`},
			{type: 'increment', key: `${queue}/head`},
		]);
	}
	await release();
}
