/** What COMMAND and COMMAND INFO tell of a command, for machines. */
import type {ReplyWriter} from '../reply-writer.js';
import type {ArgumentRange, CommandDescription} from './command-description.js';
import {changedKey, keyFlagsOf, ownCategoriesOf, tipsOf} from './command-facts.js';

const noKeys: ArgumentRange = {first: 0, last: 0, step: 0};

/** The ten elements that Redis 7 gives. */
export function replyInfo(out: ReplyWriter, command: CommandDescription | undefined): void {
	if (command === undefined) {
		out.null();
		return;
	}
	const {first, last, step} = command.keys ?? noKeys;
	out.array(10);
	out.bulk(command.name);
	out.integer(command.arity);
	replyStatuses(out, command.flags);
	out.integer(first);
	out.integer(last);
	out.integer(step);
	replyStatuses(out, categoriesOf(command));
	const tips = tipsOf(command);
	out.set(tips.length);
	for (const tip of tips) out.bulk(tip);
	const keys = keySpecsOf(command);
	out.set(keys.length);
	for (const spec of keys) replyKeySpec(out, spec);
	replySubcommands(out, [...(command.subcommands?.values() ?? [])]);
}

function replySubcommands(out: ReplyWriter, subcommands: readonly CommandDescription[]): void {
	if (subcommands.length === 0) return out.set(0);
	out.array(subcommands.length);
	for (const each of subcommands) replyInfo(out, each);
}

function replyStatuses(out: ReplyWriter, items: readonly string[]): void {
	out.set(items.length);
	for (const item of items) out.status(item);
}

export function categoriesOf(command: CommandDescription): readonly string[] {
	const own = ownCategoriesOf(command);
	const has = (flag: string): boolean => command.flags.includes(flag);
	return [
		...own,
		...(has('write') ? ['@write'] : []),
		...(has('readonly') && !own.includes('@scripting') ? ['@read'] : []),
		...(has('admin') ? ['@admin', '@dangerous'] : []),
		...(has('pubsub') ? ['@pubsub'] : []),
		has('fast') ? '@fast' : '@slow',
	];
}

/** Where keys are, and what is done to them. */
interface KeySpec {
	readonly flags: string;
	/** Where to begin. */
	readonly index: number;
	/** How to go on from there: by a range, or by the number of keys that stands there. */
	readonly find: readonly [type: 'range' | 'keynum', spec: Readonly<Record<string, number>>];
}

const rangeFrom = (last: number, step: number): KeySpec['find'] => ['range', {lastkey: last, keystep: step, limit: 0}];

/** Of these the first key is another than those behind it. */
const unlikeTheFirst = new Set(['bitop', 'copy', 'rename', 'renamenx']);
/** It depends on the other words what they do to the key. */
const varying: ReadonlySet<string> = new Set(['set', 'bitfield']);

function keySpecsOf(command: CommandDescription): readonly KeySpec[] {
	const {name, keys, flags} = command;
	const [ofFirst, ofOthers] = keyFlagsOf(command);
	if (flags.includes('movablekeys'))
		return [{flags: ofFirst, index: 2, find: ['keynum', {keynumidx: 0, firstkey: 1, keystep: 1}]}];
	if (keys === undefined) return [];
	const {first, last, step} = keys;
	if (unlikeTheFirst.has(name))
		return [
			{flags: ofFirst, index: first, find: rangeFrom(0, 1)},
			{flags: ofOthers, index: first + 1, find: rangeFrom(last < 0 ? last : 0, 1)},
		];
	const told = varying.has(name) ? `${changedKey} variable_flags` : ofFirst;
	return [{flags: told, index: first, find: rangeFrom(last < 0 ? last : last - first, step)}];
}

function replyKeySpec(out: ReplyWriter, {flags, index, find: [type, spec]}: KeySpec): void {
	out.map(3);
	out.bulk('flags');
	replyStatuses(out, flags.split(' '));
	out.bulk('begin_search');
	replySearch(out, 'index', {index});
	out.bulk('find_keys');
	replySearch(out, type, spec);
}

function replySearch(out: ReplyWriter, type: string, spec: Readonly<Record<string, number>>): void {
	out.map(2);
	out.bulk('type');
	out.bulk(type);
	out.bulk('spec');
	const fields = Object.entries(spec);
	out.map(fields.length);
	for (const [name, value] of fields) {
		out.bulk(name);
		out.integer(value);
	}
}
