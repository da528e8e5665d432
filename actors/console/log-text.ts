/** Entries of a node's log, a line each. */
import type {KvTypes} from '../../src/kv/words.js';
import type {Compare, LeaseOperation, Operation, Part, WriteOperation} from '../../src/kv/types.js';
import {unreachable} from '../../src/base/errors.js';
import {bytesOfKey} from '../text.js';
import type {LoggedEntry, NodeLog} from '../cluster/node-log.js';
import {ABSENT, valueText} from './value-text.js';

/** Bytes of a key or value that are shown. */
const shownBytesMax = 40;
/** Writes of one entry that are shown: what a client said at one time is one entry. */
const shownWritesMax = 4;

type KvCommand = NonNullable<Extract<LoggedEntry<KvTypes>, {type: 'command'}>['command']>;

/** Where the log stands, then the entries: `a` has been applied, `c` is committed, `-` is neither yet. */
export function logText(
	node: number,
	{snapshotIndex, lastIndex, commitIndex, lastApplied, entries}: NodeLog<KvTypes>,
): string {
	const snapshot = snapshotIndex === 0 ? 'no snapshot' : `snapshot up to ${snapshotIndex}`;
	const head = `node ${node}: ${snapshot}, applied up to ${lastApplied}, committed up to ${commitIndex}, log up to ${lastIndex}`;
	if (entries.length === 0) return `${head}\nno entries there`;
	const [first] = entries;
	const isBehindSnapshot = snapshotIndex > 0 && first?.index === snapshotIndex + 1;
	const width = `${entries.at(-1)?.index}`.length;
	const rows = entries.map(entry => {
		const mark = entry.index <= lastApplied ? 'a' : entry.index <= commitIndex ? 'c' : '-';
		return `${`${entry.index}`.padStart(width)} ${mark} term ${entry.term}  ${entryText(entry)}`;
	});
	return [
		head,
		...(isBehindSnapshot ? [`${'s'.padStart(width + 2)} entries up to ${snapshotIndex} are in the snapshot`] : []),
		...rows,
	].join('\n');
}

function entryText(entry: LoggedEntry<KvTypes>): string {
	switch (entry.type) {
		case 'noop':
			return 'noop: a leader begins its term';
		case 'configuration': {
			const {voters = [], learners = []} = entry.configuration ?? {};
			return `configuration: voters ${voters.join(' ')}${learners.length === 0 ? '' : `, learners ${learners.join(' ')}`}`;
		}
		case 'command':
			return entry.command === undefined ? `command of ${entry.bytes} bytes` : commandText(entry.command);
		default:
			return unreachable(entry);
	}
}

function commandText(command: KvCommand): string {
	switch (command.type) {
		case 'openSession':
			return command.closes === 0 ? 'session opened' : `session opened, in the place of session ${command.closes}`;
		case 'closeSession':
			return `session ${command.session} closed`;
		case 'clock':
			return `log time ${command.logTime} ms${command.wallTime === 0 ? '' : `, wall time ${new Date(command.wallTime).toISOString()}`}`;
		case 'writes': {
			const {session, writes} = command;
			const shown = writes
				.slice(0, shownWritesMax)
				.map(({sequence, write}) => `#${sequence} ${write === undefined ? '(no memory for it)' : writeText(write)}`);
			const rest = writes.length - shown.length;
			return `session ${session} ${shown.join('; ')}${rest === 0 ? '' : `; and ${rest} more`}`;
		}
		default:
			return unreachable(command);
	}
}

function writeText(write: WriteOperation): string {
	if (write.type === 'clear') return 'clear';
	if (write.type === 'keepChanges') return 'keep changes';
	if (write.type === 'batch') return `batch (${listText(write.operations, operationText)})`;
	if (write.type === 'lease') return leaseText(write);
	if (write.type !== 'transaction') return operationText(write);
	const {compares, operations, otherwise = [], watched = []} = write;
	const others = otherwise.length === 0 ? '' : ` else (${listText(otherwise, operationText)})`;
	const watch = watched.length === 0 ? '' : ` watch (${listText(watched, key => shortText(bytesOfKey(key)))})`;
	return `transaction if (${listText(compares, compareText)}) then (${listText(operations, operationText)})${others}${watch}`;
}

function leaseText(operation: LeaseOperation): string {
	if (operation.action === 'grant') return `lease for ${operation.ttlMs} ms`;
	return `${operation.action === 'revoke' ? 'revoke' : 'keep alive'} lease ${operation.leaseId}`;
}

function listText<T>(items: readonly T[], textOf: (item: T) => string): string {
	const shown = items.slice(0, shownWritesMax).map(item => textOf(item));
	const rest = items.length - shown.length;
	return `${shown.join('; ')}${rest === 0 ? '' : `; and ${rest} more`}`;
}

function compareText({key, expected, isNegated}: Compare): string {
	return `${shortText(bytesOfKey(key))} ${isNegated === true ? 'is not' : 'is'} ${expectedText(expected)}`;
}

function expectedText(expected: Compare['expected']): string {
	if ('absentSince' in expected) return `${ABSENT} since revision ${expected.absentSince}`;
	if ('version' in expected) return `version ${expected.version}`;
	return expected.value === undefined ? ABSENT : shortText(expected.value);
}

function operationText(operation: Part): string {
	if (operation.type === 'clear') return 'clear';
	if (operation.type === 'script') return `script of ${operation.source.length} bytes`;
	if (operation.type === 'edit')
		return [
			operation.name,
			...[...operation.keys.map(bytesOfKey), ...operation.values].map(word => shortText(word)),
		].join(' ');
	const key = shortText(bytesOfKey(operation.key));
	switch (operation.type) {
		case 'get':
			return `get ${key}`;
		case 'delete':
			return `delete ${key}${conditionText(operation.condition)}`;
		case 'put':
			return `put ${key} ${shortText(operation.value)}${conditionText(operation.condition)}${expiryText(operation.expiry)}`;
		case 'expire':
			return `expire ${key}${expiryText(operation.expiry)}${operation.condition === undefined ? '' : ` if ${operation.condition}`}${operation.order === undefined ? '' : ` if ${operation.order}`}`;
		case 'append':
			return `append ${key} ${shortText(operation.value)}`;
		case 'increment':
			return `increment ${key} ${operation.by}`;
		case 'compareAndSet': {
			const {expected, value} = operation;
			return `cas ${key} ${expectedText(expected)} ${shortText(value)}`;
		}
		default:
			return unreachable(operation);
	}
}

function conditionText(condition: Extract<Operation, {type: 'put'}>['condition']): string {
	if (condition === undefined) return '';
	if (typeof condition === 'string') return ` if ${condition}`;
	return 'is' in condition ? ` if it is ${shortText(condition.is)}` : ` if it is not ${shortText(condition.isNot)}`;
}

function expiryText(expiry: Extract<Operation, {type: 'put' | 'expire'}>['expiry']): string {
	if (expiry === undefined) return '';
	if (typeof expiry === 'string') return ` ${expiry}`;
	if ('leaseId' in expiry) return ` with lease ${expiry.leaseId}`;
	return 'ttlMs' in expiry ? ` for ${expiry.ttlMs} ms` : ` until ${expiry.expiresAt}`;
}

/** As the console prints it; of a long one its beginning, and how long it is. */
function shortText(bytes: Uint8Array): string {
	if (bytes.length <= shownBytesMax) return valueText(bytes);
	// Not within a character.
	let end = shownBytesMax;
	while (end > shownBytesMax - 4 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
	return `${valueText(bytes.subarray(0, end))}...(${bytes.length} bytes)`;
}
