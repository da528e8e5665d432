import {isChange, versionOf, type KvHistory, type KvInput, type KvOutput} from '../kv-operation.js';

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
	/** An answer says that there was something, but not what. */
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
		const version = versionOf(output);
		if (output !== undefined && version !== undefined && isChange(output)) owned.add(version);
		if (output !== undefined && version !== undefined && tellsValue(output)) valued.add(version);
		if (output?.type !== 'conditionFailed' || output.observed !== undefined) continue;
		if (input.type === 'put' && input.condition === 'absent') refused.add(undefined);
		if (input.type === 'compareAndSet' && 'value' in input.expected) refused.add(input.expected.value);
	}
	const isKnown = (version: number): boolean => version === 0 || owned.has(version) || valued.has(version);
	return {
		isVersioned: history.some(({input, output}) => versionOf(output) !== undefined || asksForVersion(input)),
		hasDeletions: history.some(({input}) => input.type === 'delete'),
		owned,
		values,
		refused,
		hasFound: history.some(({input, output}) => tellsOfPresence(input, output)),
		hasBareVersion: history.some(({input, output}) => hasBareVersion(input, output, isKnown)),
	};
}

function* valuesSeen(input: KvInput, output: KvOutput | undefined): Iterable<string | undefined> {
	if (output?.type === 'value') yield output.value;
	if (output?.type === 'conditionFailed') yield output.observed?.value;
	if (output?.type === 'written') yield output.previous?.value;
	if (input.type === 'compareAndSet' && 'value' in input.expected) yield input.expected.value;
}

/** What is there it does not say. */
function tellsOfPresence(input: KvInput, output: KvOutput | undefined): boolean {
	if (output?.type === 'deleted') return output.existed === true;
	const isPresent = input.type === 'put' && input.condition === 'present';
	return isPresent && output !== undefined && output.type !== 'conditionFailed';
}

function tellsValue(output: KvOutput): boolean {
	return output.type === 'value' || (output.type === 'conditionFailed' && output.observed !== undefined);
}

function asksForVersion(
	input: KvInput,
): input is Extract<KvInput, {type: 'compareAndSet'}> & {readonly expected: {readonly version: number}} {
	return input.type === 'compareAndSet' && 'version' in input.expected;
}

function hasBareVersion(input: KvInput, output: KvOutput | undefined, isKnown: (version: number) => boolean): boolean {
	if (asksForVersion(input) && !isKnown(input.expected.version)) return true;
	if (output?.type !== 'conditionFailed' && output?.type !== 'invalid') return false;
	return output.version === undefined ? asksForVersion(input) : !isKnown(output.version);
}
