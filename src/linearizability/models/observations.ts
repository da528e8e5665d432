import type {KvHistory, KvInput, KvOutput} from '../kv-operation.js';

/** What the answers of one history can tell apart. */
export interface Observations {
	readonly isVersioned: boolean;
	readonly hasDeletions: boolean;
	/** Versions that completed writes were told: no unknown write can have made them. */
	readonly owned: ReadonlySet<number>;
	/** All values that an answer saw or a compare-and-set asked for. */
	readonly values: ReadonlySet<string>;
	/** Values that a refusal says were *not* there, without telling what was. */
	readonly refused: ReadonlySet<string | undefined>;
	/** A deletion says that there was something, but not what. */
	readonly hasFound: boolean;
	/** Something depends on a version whose value no answer tells. */
	readonly hasBareVersion: boolean;
}

export function observe(history: KvHistory): Observations {
	const owned = new Set<number>();
	const valued = new Set<number>();
	const values = new Set<string>();
	const refused = new Set<string | undefined>();
	for (const {input, output} of history) {
		for (const value of valuesSeen(input, output)) if (value !== undefined) values.add(value);
		if (output?.version !== undefined && isChange(output)) owned.add(output.version);
		if (output?.version !== undefined && tellsValue(output)) valued.add(output.version);
		if (output?.type !== 'conditionFailed' || output.observed !== undefined) continue;
		if (input.type === 'compareAndSet' && 'value' in input.expected) refused.add(input.expected.value);
	}
	const isKnown = (version: number): boolean => version === 0 || owned.has(version) || valued.has(version);
	return {
		isVersioned: history.some(({input, output}) => output?.version !== undefined || asksForVersion(input)),
		hasDeletions: history.some(({input}) => input.type === 'delete'),
		owned,
		values,
		refused,
		hasFound: history.some(({output}) => output?.type === 'deleted' && output.existed === true),
		hasBareVersion: history.some(({input, output}) => hasBareVersion(input, output, isKnown)),
	};
}

function* valuesSeen(input: KvInput, output: KvOutput | undefined): Iterable<string | undefined> {
	if (output?.type === 'value') yield output.value;
	if (output?.type === 'conditionFailed') yield output.observed?.value;
	if (input.type === 'compareAndSet' && 'value' in input.expected) yield input.expected.value;
}

function isChange(output: KvOutput): boolean {
	return output.type === 'written' || output.type === 'deleted';
}

function tellsValue(output: KvOutput): boolean {
	return output.type === 'value' || (output.type === 'conditionFailed' && output.observed !== undefined);
}

function asksForVersion(input: KvInput): boolean {
	return input.type === 'compareAndSet' && 'version' in input.expected;
}

function hasBareVersion(input: KvInput, output: KvOutput | undefined, isKnown: (version: number) => boolean): boolean {
	if (input.type !== 'compareAndSet') return false;
	if ('version' in input.expected && !isKnown(input.expected.version)) return true;
	if (output?.type !== 'conditionFailed') return false;
	return output.version === undefined ? 'version' in input.expected : !isKnown(output.version);
}
