/** One promise of a storage, and how it is tried. */
import {Finding, Trial, type Pace, type StoragePlace} from './trial.js';

export interface StorageCheck {
	/** What is promised. */
	readonly title: string;
	/** What the place must be able to do beside opening storages. */
	readonly needs?: 'crash' | 'failNextWrite';
	/** Throws a `Finding`. */
	readonly run: (trial: Trial) => Promise<void>;
}

/** Tries one promise; what is found against it, if anything. `notTried`: the place cannot do what the check needs. */
export async function runStorageCheck(
	{title, needs, run}: StorageCheck,
	place: StoragePlace,
	pace: Pace,
): Promise<{readonly findings: readonly string[]; readonly isTried: boolean}> {
	const findings = new Set<string>();
	const attempt = async (action: () => void | Promise<void>): Promise<void> => {
		try {
			await action();
		} catch (error) {
			findings.add(`${title}: ${error instanceof Finding ? error.message : `it threw ${String(error)}`}`);
		}
	};
	const isTried = needs === undefined || place[needs] !== undefined;
	if (isTried) {
		const trial = new Trial(place, pace);
		await attempt(() => run(trial));
		await attempt(() => trial.end());
	}
	await attempt(() => place.remove?.());
	return {findings: [...findings], isTried};
}
