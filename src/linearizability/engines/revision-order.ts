/**
 * Decides a history with transactions in O(n log n). Each of their answers names a revision, as each change does: so the order
 * is told, and nothing has to be searched. It is not believed, but tested:
 *
 * 1. no two answers name one revision;
 * 2. carried out once more in that order, every operation gives the answer that it gave;
 * 3. who changed nothing, and names no revision, finds what it saw at a revision that is not before anything that had
 *    returned when it was called: the first such is taken, as it leaves the most room to all that comes later;
 * 4. whoever was called after another had returned has the greater revision.
 *
 * An operation of unknown outcome takes the revision that answers saw and nobody was told, where it is the only one that can
 * have made it. Where another of unknown outcome may have run unseen, a contradiction may be its doing, and where two can have
 * made the same, nobody knows which: both are left to the search.
 */
import {
	isChange,
	isSingle,
	keysOf,
	partsRun,
	versionOf,
	type KvHistory,
	type KvInput,
	type KvOperation,
	type KvOutput,
	type KvPart,
	type KvResult,
} from '../kv-operation.js';
import type {Anomaly, AnomalyType, Decision} from '../model.js';
import {at, findContradiction, nameOperation, type Placed} from './positions.js';
import {RevisionReplay, type Sight} from './revision-replay.js';

const notApplicable = (why: string): Decision => ({type: 'notApplicable', why});

/** `initial`: the value of each key before its first write. */
export function decideByRevisions(history: KvHistory, initial: string | undefined): Decision {
	if (!history.some(({input}) => namesRevision(input))) return notApplicable('nothing tells its revision');
	if (initial !== undefined) return notApplicable('the initial values have versions that no write made');
	const order = new Order(history);
	const why = order.gather();
	if (why !== undefined) return notApplicable(why);
	const contradiction = findContradiction(history, order.placed);
	if (contradiction !== undefined) return violation(outOfOrder(history, contradiction));
	const adopted = order.adopt();
	if (adopted !== undefined) return 'type' in adopted ? violation(adopted) : notApplicable(adopted.why);
	const anomaly = order.replay() ?? order.compareWithTime();
	if (anomaly === undefined) return {type: 'ok'};
	return order.hasUnseen ? notApplicable('an operation of unknown outcome may have run unseen') : violation(anomaly);
}

/** Whether its answer says where it stands, whatever it has changed. */
const namesRevision = (input: KvInput): boolean =>
	input.type === 'transaction' || allPartsOf(input).some(({type}) => type === 'edit');

const violation = (anomaly: Anomaly): Decision => ({type: 'violation', anomaly});

function outOfOrder(history: KvHistory, {earlier, later}: {readonly earlier: number; readonly later: number}): Anomaly {
	const detail = `${nameOperation(history, later)} was called after ${nameOperation(history, earlier)} had returned, and has the smaller revision.`;
	return {type: 'order', offsets: [earlier, later], detail};
}

class Order {
	/** Those whose revision is told, or was adopted. */
	readonly placed: Placed[] = [];
	readonly #history: KvHistory;
	readonly #replay = new RevisionReplay();
	/** By offset: of what changed nothing and names no revision. */
	readonly #floating = new Map<number, readonly Sight[]>();
	/** Revision to offset. */
	readonly #owners = new Map<number, number>();
	/** Operations of unknown outcome that may have changed something, and were not seen to have. */
	readonly #unseen = new Set<number>();

	constructor(history: KvHistory) {
		this.#history = history;
	}

	get hasUnseen(): boolean {
		return this.#unseen.size > 0;
	}

	/** Says why the revisions do not tell the order; `undefined`: they do. */
	gather(): string | undefined {
		for (const [offset, {input, output}] of this.#history.entries()) {
			if (output === undefined) {
				if (mayChange(input)) this.#unseen.add(offset);
				continue;
			}
			const told = toldBy(input, output);
			if (typeof told === 'string') return told;
			if (told.revision === undefined) this.#floating.set(offset, told.sights);
			else if (told.revision === 0) return 'revisions begin at 1';
			else if (this.#owners.has(told.revision)) return 'two answers name one revision';
			else this.#place(offset, told.revision);
		}
		return undefined;
	}

	/** Gives the revisions that were seen, and that nobody was told, to those of unknown outcome. */
	adopt(): Anomaly | {readonly why: string} | undefined {
		const byRevision = new Map<number, {readonly offset: number; readonly seen: Seen[]}>();
		for (const [offset, operation] of this.#history.entries()) {
			for (const each of seenBy(operation)) {
				if (each.version === 0 || this.#owners.has(each.version)) continue;
				const known = byRevision.get(each.version);
				if (known === undefined) byRevision.set(each.version, {offset, seen: [each]});
				else known.seen.push(each);
			}
		}
		for (const [revision, {offset, seen}] of byRevision) {
			const makers = [...this.#unseen].filter(maker =>
				seen.every(each => canMake(at(this.#history, maker).input, each)),
			);
			const [maker] = makers;
			if (maker === undefined) {
				const detail = `${nameOperation(this.#history, offset)} saw revision ${revision}, which no operation can have made.`;
				return {type: 'phantom', offsets: [offset], detail};
			}
			if (makers.length > 1) return {why: 'several operations of unknown outcome can have made what was seen'};
			this.#unseen.delete(maker);
			this.#place(maker, revision);
		}
		return undefined;
	}

	/** Carries all out once more, in the order of their revisions. */
	replay(): Anomaly | undefined {
		this.placed.sort((one, other) => one.position - other.position);
		let first: Anomaly | undefined;
		for (const {offset, position} of this.placed) {
			const {input, output} = at(this.#history, offset);
			if (!this.#replay.run(input, output, position)) first ??= this.#otherAnswer(offset, position);
		}
		return first;
	}

	/** Finds the places of those that name none, and compares all places with real time. */
	compareWithTime(): Anomaly | undefined {
		const positions = new Map(this.placed.map(({offset, position}) => [offset, position]));
		/** The operation with the greatest position of those that have returned. */
		let reached: Placed | undefined;
		for (const {offset, isReturn} of eventsOf(this.#history)) {
			const position = positions.get(offset);
			if (isReturn) {
				if (position !== undefined && position > (reached?.position ?? 0)) reached = {offset, position};
				continue;
			}
			const floor = reached?.position ?? 0;
			const sights = this.#floating.get(offset);
			if (sights === undefined) {
				if (position !== undefined && reached !== undefined && position <= floor) {
					return outOfOrder(this.#history, {earlier: reached.offset, later: offset});
				}
				continue;
			}
			const found = this.#replay.firstSeen(sights, floor);
			if (found === undefined) return this.#stale(offset, reached);
			positions.set(offset, found);
		}
		return undefined;
	}

	#place(offset: number, position: number): void {
		this.placed.push({offset, position});
		this.#owners.set(position, offset);
	}

	#otherAnswer(offset: number, revision: number): Anomaly {
		const {input} = at(this.#history, offset);
		const last = Math.max(0, ...allKeysOf(input).map(key => this.#replay.lastChangeBefore(key, revision)));
		const before = this.#owners.get(last);
		const after = before === undefined ? '' : `, after ${nameOperation(this.#history, before)}`;
		const detail = `${nameOperation(this.#history, offset)} cannot be answered so at revision ${revision}${after}.`;
		const type: AnomalyType = input.type === 'transaction' && input.compares.length > 0 ? 'lostUpdate' : 'fork';
		return {type, offsets: before === undefined ? [offset] : [before, offset], detail};
	}

	#stale(offset: number, reached: Placed | undefined): Anomaly {
		const since = reached === undefined ? '' : `, though ${nameOperation(this.#history, reached.offset)} had returned`;
		const detail = `${nameOperation(this.#history, offset)} saw what was at no revision that was left for it${since}.`;
		return {type: 'staleRead', offsets: reached === undefined ? [offset] : [reached.offset, offset], detail};
	}
}

interface Told {
	/** `undefined`: it names none. */
	readonly revision: number | undefined;
	readonly sights: readonly Sight[];
}

/** A string says why it does not tell enough. */
function toldBy(input: KvInput, output: KvOutput): Told | string {
	const results = isSingle(output) ? [output] : output.results;
	if (results.some(result => versionOf(result) === undefined)) return 'some answers carry no version';
	const changed = new Set(results.filter(isChange).map(result => versionOf(result)));
	if (output.type === 'transaction') {
		if (output.revision === undefined) return 'a transaction does not tell its revision';
		changed.add(output.revision);
	}
	if (changed.size > 1) return 'one operation names two revisions';
	const [revision] = changed;
	return {revision, sights: sightsOf(input, output)};
}

/** What its answers that changed nothing say of their keys. */
function sightsOf(input: KvInput, output: KvOutput): readonly Sight[] {
	const parts = partsOf(input, output);
	const results = isSingle(output) ? [output] : output.results;
	return results.flatMap((result, place) => {
		const part = parts[place];
		const isOfKey = part !== undefined && 'key' in part;
		return isOfKey && !isChange(result) ? [{input: part, result}] : [];
	});
}

function partsOf(input: KvInput, output: KvOutput): readonly KvPart[] {
	if (input.type === 'batch') return input.operations;
	if (input.type !== 'transaction') return [input];
	return output.type === 'transaction' ? partsRun(input, output.isCommitted) : [];
}

const allPartsOf = (input: KvInput): readonly KvPart[] => {
	if (input.type === 'batch') return input.operations;
	return input.type === 'transaction' ? [...input.operations, ...(input.otherwise ?? [])] : [input];
};

const mayChange = (input: KvInput): boolean => allPartsOf(input).some(({type}) => type !== 'get');

function allKeysOf(input: KvInput): readonly string[] {
	const compared = input.type === 'transaction' ? input.compares.map(({key}) => key) : [];
	return [...compared, ...allPartsOf(input).flatMap(keysOf)];
}

/** A version that an answer shows to have been the key's. `value`: `undefined` where it does not tell. */
interface Seen {
	readonly key: string;
	readonly version: number;
	readonly value: string | undefined;
}

function seenBy({input, output}: KvOperation): readonly Seen[] {
	if (output === undefined) return [];
	const seen = sightsOf(input, output).map(({input: {key}, result}): Seen => ({
		key,
		version: versionOf(result) ?? 0,
		value: valueSeen(result),
	}));
	if (input.type !== 'transaction' || output.type !== 'transaction' || !output.isCommitted) return seen;
	for (const {key, expected, isNegated} of input.compares) {
		if ('version' in expected && isNegated !== true) seen.push({key, version: expected.version, value: undefined});
	}
	return seen;
}

function valueSeen(result: KvResult): string | undefined {
	if (result.type === 'value') return result.value;
	return result.type === 'conditionFailed' ? result.observed?.value : undefined;
}

/** Whether it can have made what was seen, whatever it met. */
function canMake(input: KvInput, {key, value}: Seen): boolean {
	return allPartsOf(input).some(part => {
		if (!keysOf(part).includes(key)) return false;
		if (part.type === 'edit') return true;
		if (part.type === 'clear' || part.type === 'get' || part.type === 'delete') return false;
		if (part.type === 'increment' || value === undefined) return true;
		return part.type === 'append' ? value.endsWith(part.value) : part.value === value;
	});
}

/** Calls and returns by time; at equal times a call counts as before a return. */
function eventsOf(history: KvHistory): {readonly offset: number; readonly isReturn: boolean}[] {
	const events = history.flatMap(({call, return: end}, offset) => [
		{offset, isReturn: false, time: call},
		{offset, isReturn: true, time: end},
	]);
	return events.sort((one, other) =>
		one.time === other.time ? Number(one.isReturn) - Number(other.isReturn) : one.time < other.time ? -1 : 1,
	);
}
