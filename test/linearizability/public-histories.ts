/** Histories that others recorded, with known verdicts; they are no part of the project and may be absent. */
import {existsSync, readFileSync} from 'node:fs';
import type {Verdict} from '../../src/linearizability/key-result.js';

export interface PublicHistory {
	readonly name: string;
	readonly text: string;
	readonly verdict: Verdict;
	readonly operationCount: number;
	/** Porcupine's own time on the machine of the table, ms. */
	readonly goMs: number;
	readonly goSteps: number;
}

/** Beside the project, seen from the compiled file. */
const folder = new URL('../../../../shared/histories/', import.meta.url);
const table = new URL('README.md', folder);

/** Why there are none. */
export const historiesMissing = existsSync(table)
	? undefined
	: 'the public histories are not beside the project (../shared/histories)';

/** Empty where the folder is absent. */
export function publicHistories(): PublicHistory[] {
	if (historiesMissing !== undefined) return [];
	const rows = readFileSync(table, 'utf8')
		.split('\n')
		.filter(line => /^\| (?:jepsen|kv)/u.test(line));
	return rows.map(row => {
		const [, name = '', , operations, , , verdict, steps, goMs] = row.split('|').map(cell => cell.trim());
		return {
			name,
			text: readFileSync(new URL(name, folder), 'utf8'),
			verdict: verdict as Verdict,
			operationCount: Number(operations),
			goMs: Number(goMs),
			goSteps: Number(steps),
		};
	});
}
