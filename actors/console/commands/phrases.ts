/** Words that several families of commands use. */

/** The answer of a command that has nothing to tell. */
export const DONE = 'OK';

export async function done(work: Promise<void>): Promise<string> {
	await work;
	return DONE;
}

/** Details of each command that takes a node. */
export const nodeDetails: readonly string[] = ['N is a node number, or "leader".'];

/** Details of each command that takes a time. */
export const timeDetails: readonly string[] = [
	'TIME is a number of milliseconds, or has a unit: 250, 250ms, 1.5s, 2m.',
];
