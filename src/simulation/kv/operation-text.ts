/** Operations and results for the judges: compared, named and told. */
import type {Operation, Value} from '../../kv/types.js';
import type {KvTypes} from '../../kv/words.js';
import {isSameBytes} from '../log-judge.js';
import type {OperationWords} from '../subject.js';

/** What marks the end of the name that a value of the simulator's begins with. */
export const nameEnd = ',';

/**
 * What tells a write from all others, whatever number its clerk gives it: the name in its value, or the number that it adds,
 * neither of which is ever used again. `undefined` for a delete, a deadline, a lease, a clear and what keeps changes: all of these are alike.
 */
export function tokenOf(operation: Operation): string | undefined {
	switch (operation.type) {
		case 'put':
		case 'append':
		case 'compareAndSet':
			return nameIn(operation.value);
		case 'increment':
			return `+${operation.by}`;
		case 'batch':
		case 'transaction': {
			const last = operation.operations.at(-1);
			return last && tokenOf(last);
		}
		case 'script': {
			// One that counts adds a number that no other adds; the others store a value last.
			const text = textOf(operation.values.at(-1) ?? new Uint8Array(0));
			return /^\d+$/.test(text) ? `+${textOf(operation.values[0] as Value)}` : nameIn(operation.values.at(-1) as Value);
		}
		case 'delete':
		case 'expire':
		case 'edit':
		case 'clear':
		case 'get':
		case 'scan':
		case 'count':
		case 'lease':
		case 'getLease':
		case 'keepChanges':
		case 'changes':
			return undefined;
		default:
			return operation satisfies never;
	}
}

/** The name that a value begins with; all of it where it has none (a number). */
function nameIn(value: Value): string {
	const end = value.indexOf(nameEnd.charCodeAt(0));
	return textOf(end < 0 ? value : value.subarray(0, end + 1));
}

export function joined(before: Value | undefined, value: Value): Value {
	if (before === undefined) return value;
	const bytes = new Uint8Array(before.length + value.length);
	bytes.set(before);
	bytes.set(value, before.length);
	return bytes;
}

/** Field by field, bytes by bytes: what came over the wire has its fields in another order, and absent ones left out. */
export function isAlike(one: unknown, other: unknown): boolean {
	if (one === other) return true;
	if (one instanceof Uint8Array && other instanceof Uint8Array) return isSameBytes(one, other);
	if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) return false;
	return haveAlikeFields(one as Fields, other as Fields);
}

type Fields = Readonly<Record<string, unknown>>;
const fieldsOf = (operation: Operation): Fields => operation as unknown as Fields;

/** But for `except`, which is compared elsewhere. */
function haveAlikeFields(left: Fields, right: Fields, except?: string): boolean {
	for (const name in left) if (name !== except && !isAlike(left[name], right[name])) return false;
	for (const name in right) if (name !== except && !(name in left) && right[name] !== undefined) return false;
	return true;
}

/** The same operation; an option that is off is the same as one that is not there. */
export function isSameOperation(one: Operation, other: Operation): boolean {
	if (one.type === 'put' && other.type === 'put') {
		const areAlikeAsked = (one.returnPrevious ?? false) === (other.returnPrevious ?? false);
		return areAlikeAsked && haveAlikeFields(fieldsOf(one), fieldsOf(other), 'returnPrevious');
	}
	const hasParts = one.type === 'batch' || one.type === 'transaction';
	if (!hasParts || (other.type !== 'batch' && other.type !== 'transaction')) return isAlike(one, other);
	return (
		haveAlikeFields(fieldsOf(one), fieldsOf(other), 'operations') && areSameParts(one.operations, other.operations)
	);
}

const areSameParts = (one: readonly Operation[], other: readonly Operation[]): boolean =>
	one.length === other.length && one.every((part, place) => isSameOperation(part, other[place] as Operation));

/** For `JSON.stringify`: bytes as text, and bigint, which it does not know. */
export function plain(_: string, value: unknown): unknown {
	if (typeof value === 'bigint') return String(value);
	return value instanceof Uint8Array ? shown(textOf(value)) : value;
}

/** Each byte as a character. */
export function textOf(bytes: Uint8Array): string {
	let text = '';
	let offset = 0;
	// By eights: one character after the other makes a chain of as many strings, and spreading goes through an iterator.
	for (; offset + 8 <= bytes.length; offset += 8) {
		const at = (place: number): number => bytes[offset + place] ?? 0;
		text += String.fromCharCode(at(0), at(1), at(2), at(3), at(4), at(5), at(6), at(7));
	}
	for (; offset < bytes.length; offset++) text += String.fromCharCode(bytes[offset] ?? 0);
	return text;
}

export const bytesOfText = (text: string): Value => Uint8Array.from(text, character => character.charCodeAt(0));

export const shown = (text: string): string => (text.length <= 24 ? text : `${text.slice(0, 12)}..${text.slice(-10)}`);

function untilText(expiry: Extract<Operation, {type: 'put' | 'expire'}>['expiry']): string {
	if (expiry === undefined) return '';
	if (typeof expiry === 'string') return expiry === 'keep' ? ' until as before' : ' never';
	if ('leaseId' in expiry) return ` with lease ${expiry.leaseId}`;
	return 'ttlMs' in expiry ? ` for ${expiry.ttlMs} ms` : ` until ${expiry.expiresAt}`;
}

const conditionText = (condition: Extract<Operation, {type: 'put'}>['condition']): string =>
	condition === undefined ? '' : ` if ${typeof condition === 'string' ? condition : JSON.stringify(condition, plain)}`;

export function describe(operation: Operation): string {
	switch (operation.type) {
		case 'get':
			return `get ${operation.key}`;
		case 'delete':
			return `delete ${operation.key}${conditionText(operation.condition)}`;
		case 'put': {
			const condition = conditionText(operation.condition);
			const previous = operation.returnPrevious === true ? ' and give the previous' : '';
			return `put ${operation.key} ${shown(textOf(operation.value))}${condition}${previous}${untilText(operation.expiry)}`;
		}
		case 'expire': {
			const {condition, order} = operation;
			return `expire ${operation.key}${untilText(operation.expiry)} ${condition ?? ''} ${order ?? ''}`.trimEnd();
		}
		case 'append':
			return `append ${operation.key} ${shown(textOf(operation.value))}`;
		case 'compareAndSet': {
			const {key, expected, value} = operation;
			return `compareAndSet ${key} from ${JSON.stringify(expected, plain)} to ${shown(textOf(value))}`;
		}
		case 'increment':
			return `increment ${operation.key} by ${operation.by}`;
		case 'clear':
		case 'count':
			return `${operation.type} database ${operation.database ?? 0}`;
		case 'scan': {
			const {from, prefix = '', lookedAtMax, hasValues} = operation;
			return `scan from ${from} of ${lookedAtMax} keys like ${prefix}*${hasValues === true ? ' with values' : ''}`;
		}
		case 'script':
			return `script on ${operation.keys.join(' ')} with ${operation.values.map(value => shown(textOf(value))).join(' ')}: ${textOf(operation.source)}`;
		case 'edit':
			return `${operation.name} ${operation.keys.join(' ')} ${operation.values.map(value => shown(textOf(value))).join(' ')}`;
		case 'lease':
			if (operation.action === 'grant') return `grant a lease for ${operation.ttlMs} ms`;
			return `${operation.action === 'revoke' ? 'revoke' : 'keep alive'} lease ${operation.leaseId}`;
		case 'getLease':
			return `get lease ${operation.leaseId}`;
		case 'keepChanges':
			return 'keep changes';
		case 'changes':
			return `changes of ${operation.ofAllDatabases === true ? 'all databases' : `${operation.prefix ?? ''}*`} after ${operation.after ?? 'now'}, within ${operation.waitMs} ms`;
		case 'transaction': {
			const {compares, operations, otherwise = [], watched = []} = operation;
			const asked = compares.map(
				({key, expected, isNegated}) =>
					`${key} ${isNegated === true ? 'is not' : 'is'} ${JSON.stringify(expected, plain)}`,
			);
			const others = otherwise.length === 0 ? '' : `, else ${otherwise.map(describe).join(', ')}`;
			const watches = watched.length === 0 ? '' : `, and watch ${watched.join(', ')}`;
			return `transaction if ${asked.join(' and ') || 'anything'}: ${operations.map(describe).join(', ')}${others}${watches}`;
		}
		case 'batch': {
			const told = operation.operations.slice(0, 6).map(describe).join(', ');
			return `batch of ${operation.operations.length}: ${told}`;
		}
		default:
			return operation satisfies never;
	}
}

export const kvOperationWords: OperationWords<KvTypes> = {
	tokenOf,
	describe,
	isSameWrite: isSameOperation,
	isSameResult: isAlike,
	revisionIn: result => {
		if (result.type === 'transaction' || result.type === 'changes') return result.revision;
		return 'version' in result ? result.version : undefined;
	},
	show: value => (typeof value === 'string' ? shown(value) : JSON.stringify(value, plain)),
};
