/** An election: of several processes one leads, and the others are there to take over. */
import {setTimeout as sleep} from 'node:timers/promises';
import type {KeyValueClient} from 'threadraft';
import {lock} from './lock.js';

export interface Leadership {
	/** Greater than that of all who led before. What the leader does to others names it, and they heed no smaller one. */
	readonly term: number;
	/** Aborted when another one may lead. */
	readonly lost: AbortSignal;
	readonly resign: () => Promise<void>;
}

/** Resolves when this candidate leads. `ttlMs`: so long after its death another one does. */
export async function campaign(
	clerk: KeyValueClient,
	election: string,
	candidate: string,
	ttlMs = 10_000,
): Promise<Leadership> {
	const {token, lost, release} = await lock(clerk, `${election}/lock`, ttlMs);
	await clerk.transaction({
		if: [{key: `${election}/lock`, is: {version: token}}],
		do: [{type: 'put', key: `${election}/leader`, value: `${token} ${candidate}`}],
	});
	return {term: token, lost, resign: release};
}

/** Who was elected last, and in which term; `undefined`: nobody yet. It may have resigned or died since. */
export async function lastElected(
	clerk: KeyValueClient,
	election: string,
): Promise<{readonly term: number; readonly candidate: string} | undefined> {
	const text = await clerk.getText(`${election}/leader`);
	if (text === undefined) return undefined;
	const [term = '', ...candidate] = text.split(' ');
	return {term: Number(term), candidate: candidate.join(' ')};
}

/** Each one who was elected, in turn; some are left out where elections come faster than every `everyMs`. */
export async function* elected(clerk: KeyValueClient, election: string, everyMs = 100): AsyncGenerator<string, never> {
	for (let seen = 0; ; await sleep(everyMs)) {
		const last = await lastElected(clerk, election);
		if (last === undefined || last.term <= seen) continue;
		seen = last.term;
		yield last.candidate;
	}
}
