/**
 * Every completed operation of the key carries a version: the writes are in the order of their versions, each read stands
 * right after the write that it names. What is left is to replay the values and to compare with real time.
 */
import {isChange, isSingle, type KvHistory, type KvKeyInput, type KvOperation, type KvResult} from '../kv-operation.js';
import type {Anomaly, Decision} from '../model.js';
import {showValue} from '../models/describe-kv.js';
import {canBeInvalid, increase, isConditional, isMet} from '../models/key-effect.js';
import {at, findContradiction, nameOperation, type Placed} from './positions.js';

interface Observation {
	readonly offset: number;
	readonly version: number;
	/** Whether the answer told the value; then it is `value`. */
	readonly hasValue: boolean;
	readonly value: string | undefined;
}

interface Gathered {
	/** Offset of the write that made a version. */
	readonly writers: Map<number, number>;
	readonly observations: Observation[];
	readonly unknownWrites: number[];
}

export function decideByVersions(history: KvHistory, initial: string | undefined): Decision {
	if (initial !== undefined) return {type: 'notApplicable', why: 'the initial value has a version that no write made'};
	const gathered = gather(history);
	if (typeof gathered === 'string') return {type: 'notApplicable', why: gathered};
	if ('detail' in gathered) return {type: 'violation', anomaly: gathered};
	const why = whyUnknownWritesMatter(history, gathered);
	if (why !== undefined) return {type: 'notApplicable', why};
	const adopted = adoptUnknownWrites(history, gathered);
	if (typeof adopted === 'string') return {type: 'notApplicable', why: adopted};
	const anomaly = adopted ?? replay(history, gathered, initial) ?? compareWithTime(history, gathered);
	return anomaly === undefined ? {type: 'ok'} : {type: 'violation', anomaly};
}

/** A string says why versions are not enough. */
function gather(history: KvHistory): Gathered | Anomaly | string {
	const writers = new Map<number, number>();
	const observations: Observation[] = [];
	const unknownWrites: number[] = [];
	for (const [offset, {input, output}] of history.entries()) {
		if (input.type === 'delete') return 'an absent key has no version of its own, so deletions need the search';
		if (!('key' in input) || (output !== undefined && !isSingle(output))) return 'an operation concerns several keys';
		if (output === undefined) {
			if (input.type !== 'get') unknownWrites.push(offset);
			continue;
		}
		const {version} = output;
		if (version === undefined) return 'some answers carry no version';
		if (!isChange(output)) {
			const observed = observedBy(output);
			observations.push({offset, version, hasValue: observed !== undefined, value: observed?.value});
			continue;
		}
		const other = writers.get(version);
		if (other !== undefined) return twoWriters(history, version, other, offset);
		writers.set(version, offset);
	}
	return {writers, observations, unknownWrites};
}

/** What the answer says the key held, if it does. */
function observedBy(output: KvResult): {readonly value: string | undefined} | undefined {
	if (output.type === 'value') return output;
	return output.type === 'conditionFailed' ? output.observed : undefined;
}

function twoWriters(history: KvHistory, version: number, one: number, other: number): Anomaly {
	const both = `${nameOperation(history, one)} and ${nameOperation(history, other)}`;
	return {type: 'fork', offsets: [one, other], detail: `Version ${version} was made twice, by ${both}.`};
}

/** A put that nobody saw between two writes matters only where a write depends on what was there. */
function whyUnknownWritesMatter(history: KvHistory, {writers, unknownWrites}: Gathered): string | undefined {
	if (unknownWrites.length === 0) return undefined;
	if (unknownWrites.some(offset => !isIndependent(at(history, offset)))) {
		return 'writes of unknown outcome depend on the value that they met';
	}
	for (const offset of writers.values()) {
		if (!isIndependent(at(history, offset)))
			return 'writes of unknown outcome can stand before one that depends on them';
	}
	return undefined;
}

/** Whether the write and its answer are the same whatever was there. */
function isIndependent({input, output}: KvOperation): boolean {
	const isTold = output?.type === 'written' && output.previous !== undefined;
	return input.type === 'put' && input.condition === undefined && !isTold;
}

/** Versions that were read, but that no completed write made, belong to writes of unknown outcome. */
function adoptUnknownWrites(history: KvHistory, gathered: Gathered): Anomaly | string | undefined {
	const {writers, observations, unknownWrites} = gathered;
	const byValue = new Map<string, number[]>();
	for (const offset of unknownWrites) {
		const {input} = at(history, offset);
		if (input.type !== 'put') continue;
		const alike = byValue.get(input.value);
		if (alike === undefined) byValue.set(input.value, [offset]);
		else alike.push(offset);
	}
	const adopted = new Map<number, number>();
	for (const {offset, version, hasValue, value} of observations) {
		if (version === 0 || writers.has(version)) continue;
		if (!hasValue) return 'an answer names a version of unknown origin, and not its value';
		const candidates = value === undefined ? [] : (byValue.get(value) ?? []);
		const [writer] = candidates;
		if (writer === undefined) {
			const detail = `${nameOperation(history, offset)} saw version ${version}, which no operation wrote.`;
			return {type: 'phantom', offsets: [offset], detail};
		}
		if (candidates.length > 1) return 'several writes of unknown outcome have the same value';
		const other = adopted.get(writer);
		if (other !== undefined) {
			const detail = `${nameOperation(history, writer)} was seen under two versions, ${other} and ${version}.`;
			return {type: 'duplicate', offsets: [writer, offset], detail};
		}
		adopted.set(writer, version);
		writers.set(version, writer);
	}
	return undefined;
}

/** Runs the writes in the order of their versions and compares what was seen. */
function replay(
	history: KvHistory,
	{writers, observations}: Gathered,
	initial: string | undefined,
): Anomaly | undefined {
	const observed = observations.toSorted((a, b) => a.version - b.version);
	let seen = 0;
	let value = initial;
	let version = 0;
	const compareAll = (): Anomaly | undefined => {
		for (; seen < observed.length; seen++) {
			const observation = observed[seen] as Observation;
			if (observation.version !== version) return undefined;
			const anomaly = compare(history, observation, value);
			if (anomaly !== undefined) return anomaly;
		}
		return undefined;
	};
	const atStart = compareAll();
	if (atStart !== undefined) return atStart;
	for (const next of [...writers.keys()].sort((a, b) => a - b)) {
		const offset = writers.get(next) as number;
		const {input, output} = at(history, offset) as KeyOperation;
		if (next <= 0) return impossibleVersion(history, offset);
		const after = isMet(input, value, version) ? written(input, value) : undefined;
		if (after === undefined || !isToldBy(output, value, after)) return lostUpdate(history, offset, value, version);
		value = after;
		version = next;
		const anomaly = compareAll();
		if (anomaly !== undefined) return anomaly;
	}
	return undefined;
}

/** Of what has been gathered. */
type KeyOperation = KvOperation & {readonly input: KvKeyInput};

/** `undefined`: it cannot have been written. */
function written(input: KvKeyInput, before: string | undefined): string | undefined {
	if (input.type === 'append') return (before ?? '') + input.value;
	if (input.type !== 'increment') return 'value' in input ? input.value : before;
	const sum = increase(before, input.by);
	return typeof sum === 'bigint' ? String(sum) : undefined;
}

/** Whether the answer to a write agrees with what was there before it, and with what is there after it. */
function isToldBy(output: KvOperation['output'], before: string | undefined, after: string): boolean {
	if (output?.type === 'number') return String(output.value) === after;
	return output?.type !== 'written' || output.previous === undefined || output.previous.value === before;
}

function compare(history: KvHistory, observation: Observation, value: string | undefined): Anomaly | undefined {
	const {offset, version} = observation;
	const {input, output} = at(history, offset) as KeyOperation;
	if (output?.type === 'invalid') {
		if (isMet(input, value, version) && canBeInvalid(input, value, output.reason)) return undefined;
		const there = `${showValue(value)} at version ${version}`;
		return {type: 'order', offsets: [offset], detail: `${nameOperation(history, offset)}, though there was ${there}.`};
	}
	if (isConditional(input) && isMet(input, value, version)) {
		const detail = `${nameOperation(history, offset)} was refused, though version ${version} is what it asked for.`;
		return {type: 'order', offsets: [offset], detail};
	}
	if (!observation.hasValue || observation.value === value) return undefined;
	const detail = `${nameOperation(history, offset)}, but the writes up to version ${version} make it ${showValue(value)}.`;
	return {type: 'lostUpdate', offsets: [offset], detail};
}

function impossibleVersion(history: KvHistory, offset: number): Anomaly {
	return {type: 'order', offsets: [offset], detail: `${nameOperation(history, offset)}: versions start at 1.`};
}

function lostUpdate(history: KvHistory, offset: number, value: string | undefined, version: number): Anomaly {
	const there = `${showValue(value)} at version ${version}`;
	const detail = `${nameOperation(history, offset)} succeeded, but what it replaced was ${there}.`;
	return {type: 'lostUpdate', offsets: [offset], detail};
}

function compareWithTime(history: KvHistory, {writers, observations}: Gathered): Anomaly | undefined {
	const placed: Placed[] = [];
	for (const [version, offset] of writers) placed.push({offset, position: 2 * version});
	for (const {version, offset} of observations) placed.push({offset, position: 2 * version + 1});
	const contradiction = findContradiction(history, placed);
	if (contradiction === undefined) return undefined;
	const {earlier, later} = contradiction;
	const {output} = at(history, later);
	const isRead = output !== undefined && !isChange(output);
	const detail = `${nameOperation(history, later)} began after ${nameOperation(history, earlier)} had returned, and yet has an older version.`;
	return {type: isRead ? 'staleRead' : 'order', offsets: [earlier, later], detail};
}
