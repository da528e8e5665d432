/** A record as a file: a line of JSON each, the head first. docs/cluster-record.md describes it. */
import {ThreadraftError} from '../../src/base/errors.js';
import type {ClusterRecord, RecordEntry, RecordHead} from './cluster-record.js';

/** These lines are no record of a cluster, or one of another version. */
export class RecordFormatError extends ThreadraftError {
	override readonly name = 'RecordFormatError';
	readonly code = 'ERR_RECORD_FORMAT';
	/** From 1. */
	readonly line: number;

	constructor(line: number, what: string) {
		super(`line ${line} of the record: ${what}`);
		this.line = line;
	}
}

const entryTypes: Readonly<Record<RecordEntry['type'], true>> = {
	event: true,
	mark: true,
	command: true,
	sample: true,
	nodes: true,
};

/** Lines without their ends. */
export function* recordLines({head, entries}: ClusterRecord): Iterable<string> {
	yield JSON.stringify(head);
	for (const entry of entries) yield JSON.stringify(entry);
}

/** All of a file. */
export const recordText = (record: ClusterRecord): string => `${[...recordLines(record)].join('\n')}\n`;

/**
 * Reads what `recordLines` wrote. Entries of types that this version does not know are left out, so that it reads records of
 * later ones. Throws a `RecordFormatError`.
 */
export function parseRecord(lines: Iterable<string>): ClusterRecord {
	let head: RecordHead | undefined;
	const entries: RecordEntry[] = [];
	let number = 0;
	for (const line of lines) {
		number++;
		if (line.trim() === '') continue;
		const value = parseLine(line, number);
		if (head === undefined) head = headOf(value, number);
		else if (isEntry(value, number)) entries.push(value);
	}
	if (head === undefined)
		throw new RecordFormatError(1, 'there is none: a record begins with a line that says its format');
	return {head, entries};
}

function parseLine(line: string, number: number): object {
	let value: unknown;
	try {
		value = JSON.parse(line);
	} catch {
		throw new RecordFormatError(number, 'it is no JSON: was the file cut off?');
	}
	if (typeof value === 'object' && value !== null) return value;
	throw new RecordFormatError(number, 'it is no object');
}

function headOf(value: object, number: number): RecordHead {
	const {format, version, nodes} = value as Partial<Record<keyof RecordHead, unknown>>;
	if (format !== 'threadraft-record') {
		throw new RecordFormatError(
			number,
			'it does not say "format": "threadraft-record": choose a file that "record" wrote',
		);
	}
	if (version !== 1) {
		throw new RecordFormatError(
			number,
			`it has version ${String(version)}, and this build reads version 1: use the build that wrote it`,
		);
	}
	if (!Number.isInteger(nodes)) throw new RecordFormatError(number, 'it does not say how many nodes there are');
	return value as RecordHead;
}

function isEntry(value: object, number: number): value is RecordEntry {
	const {type, atMs} = value as {readonly type?: unknown; readonly atMs?: unknown};
	if (typeof atMs !== 'number' || typeof type !== 'string') {
		throw new RecordFormatError(number, 'it has no type, or no time "atMs"');
	}
	return Object.hasOwn(entryTypes, type);
}
