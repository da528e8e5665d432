/** Puts a name to a small violation, and tells what could matter to it. */
import {decideByChain} from '../engines/chain.js';
import {at, nameOperation} from '../engines/positions.js';
import type {KvHistory, KvInput, KvOperation, KvOutput} from '../kv-operation.js';
import {increase} from './key-effect.js';
import type {Anomaly} from '../model.js';

/** `undefined`: no more can be said than that there is no order. */
export function diagnoseKv(core: KvHistory, initial: string | undefined): Anomaly | undefined {
	const decision = decideByChain(core, initial);
	if (decision.type === 'violation') return decision.anomaly;
	for (const [offset, {output}] of core.entries()) {
		if (output?.type !== 'value' || output.value === initial) continue;
		const anomaly = diagnoseRead(core, offset, output.value);
		if (anomaly !== undefined) return anomaly;
	}
	return diagnoseSwaps(core);
}

function diagnoseRead(core: KvHistory, offset: number, value: string | undefined): Anomaly | undefined {
	const read = at(core, offset);
	const sources = core.flatMap((operation, place) => (couldMake(operation, value) ? [place] : []));
	if (!sources.some(place => at(core, place).call <= read.return)) {
		const detail = `${nameOperation(core, offset)}: nobody had written that by then.`;
		return {type: 'phantom', offsets: [offset, ...sources], detail};
	}
	const overwriting = core.findIndex(({input, output, call, return: end}) => {
		if (output?.type !== 'written' || end >= read.call || isAppendOf(input, value)) return false;
		if (input.type !== 'append' && 'value' in input && input.value === value) return false;
		return sources.every(place => at(core, place).return < call);
	});
	if (overwriting < 0) return undefined;
	const detail = `${nameOperation(core, offset)}, though ${nameOperation(core, overwriting)} had come in between and returned.`;
	return {type: 'staleRead', offsets: [offset, overwriting, ...sources], detail};
}

/** Two that swapped the same value away, with nobody who could have brought it back. */
function diagnoseSwaps(core: KvHistory): Anomaly | undefined {
	const swappedFrom = new Map<string | undefined, number>();
	for (const [offset, {input, output}] of core.entries()) {
		if (input.type !== 'compareAndSet' || output?.type !== 'written' || !('value' in input.expected)) continue;
		const {value} = input.expected;
		const other = swappedFrom.get(value);
		swappedFrom.set(value, offset);
		if (other === undefined || core.filter(operation => couldMake(operation, value)).length > 1) continue;
		const detail = `${nameOperation(core, other)} and ${nameOperation(core, offset)} both replaced the same value: one of the updates was lost.`;
		return {type: 'lostUpdate', offsets: [other, offset], detail};
	}
	return undefined;
}

function couldMake({input, output}: KvOperation, value: string | undefined): boolean {
	if (output?.type === 'conditionFailed' || output?.type === 'invalid') return false;
	if (input.type === 'delete') return value === undefined;
	if (!('key' in input) || input.type === 'get' || value === undefined) return false;
	if (input.type === 'increment') {
		return output?.type === 'number' ? String(output.value) === value : typeof increase(value, -input.by) === 'bigint';
	}
	return input.type === 'append' ? value.endsWith(input.value) : input.value === value;
}

function isAppendOf(input: KvInput, value: string | undefined): boolean {
	return input.type === 'append' && value?.includes(input.value) === true;
}

/** So many different values are compared with each write; beyond, every write counts as one that matters. */
const neededValuesMax = 200;

/**
 * Tells whether an operation of unknown outcome can bear on the history: not if what it writes is in nothing that an answer saw
 * or asked for, nor in what a compare-and-set that bears on it asks for. Where an answer says only what the value is *not*, any
 * write can.
 */
export function whatMattersToKv(history: KvHistory): (operation: KvOperation) => boolean {
	const needed = neededBy(history);
	if (needed === undefined) return ({input}) => input.type !== 'get';
	return ({input}) => input.type === 'delete' || ('value' in input && isPartOf(input.value, needed));
}

/** The values that it takes to explain the answers; `undefined`: any value can be needed. */
function neededBy(history: KvHistory): ReadonlySet<string> | undefined {
	if (history.some(saysOnlyNot) || history.some(isOfMany)) return undefined;
	const needed = new Set<string>();
	const swaps: KvOperation[] = [];
	for (const operation of history) {
		if (operation.output === undefined) swaps.push(operation);
		else for (const value of seenIn(operation)) if (value !== undefined) needed.add(value);
		if (needed.size > neededValuesMax) return undefined;
	}
	// A swap that may have made a needed value needs what it asked for.
	for (let rest = swaps.filter(({input}) => input.type === 'compareAndSet'), count = -1; count !== rest.length;) {
		count = rest.length;
		rest = rest.filter(({input}) => {
			if (input.type !== 'compareAndSet' || !('value' in input.expected) || !isPartOf(input.value, needed)) return true;
			if (input.expected.value !== undefined) needed.add(input.expected.value);
			return false;
		});
		if (needed.size > neededValuesMax) return undefined;
	}
	return needed;
}

/** What makes a value that it does not hold, or concerns more keys than one. */
function isOfMany({input}: KvOperation): boolean {
	return !('key' in input) || input.type === 'increment';
}

function isPartOf(written: string, needed: ReadonlySet<string>): boolean {
	for (const value of needed) if (value.includes(written)) return true;
	return false;
}

function saysOnlyNot({input, output}: KvOperation): boolean {
	if (output?.type === 'deleted') return output.existed !== undefined;
	if (output?.type === 'invalid' || (input.type === 'put' && input.condition !== undefined)) return true;
	if (input.type !== 'compareAndSet') return false;
	return 'version' in input.expected || (output?.type === 'conditionFailed' && output.observed === undefined);
}

function seenIn({input, output}: KvOperation): (string | undefined)[] {
	const seen: (string | undefined)[] = [...valuesOf(output)];
	if (input.type === 'compareAndSet' && 'value' in input.expected) seen.push(input.expected.value);
	return seen;
}

function valuesOf(output: KvOutput | undefined): (string | undefined)[] {
	if (output?.type === 'value') return [output.value];
	if (output?.type === 'written') return output.previous === undefined ? [] : [output.previous.value];
	return output?.type === 'conditionFailed' && output.observed !== undefined ? [output.observed.value] : [];
}
