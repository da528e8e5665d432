/** What Redis tells of its commands beside what carrying them out needs: for clients, proxies and people. */
import type {CommandDescription} from './command-description.js';

export const readKey = 'RO access';
const looked = 'RO';
export const changedKey = 'RW access update';
const deadline = 'RW update';

/** As Redis calls it, of the first key, and of those behind it where that is something else. */
const keyFlags: Readonly<Record<string, string | readonly [string, string]>> = {
	exists: looked,
	touch: looked,
	type: looked,
	strlen: looked,
	watch: looked,
	set: 'OW update',
	setex: 'OW update',
	psetex: 'OW update',
	mset: 'OW update',
	setnx: 'OW insert',
	msetnx: 'OW insert',
	append: 'RW insert',
	setrange: deadline,
	getdel: 'RW access delete',
	del: 'RM delete',
	unlink: 'RM delete',
	delex: 'RM delete',
	expire: deadline,
	pexpire: deadline,
	expireat: deadline,
	pexpireat: deadline,
	persist: deadline,
	bitop: ['OW update', readKey],
	copy: [readKey, 'OW update'],
	rename: ['RW access delete', 'OW update'],
	renamenx: ['RW access delete', 'OW insert'],
	eval: changedKey,
	evalsha: changedKey,
	eval_ro: readKey,
	evalsha_ro: readKey,
	ssubscribe: 'not_key',
	sunsubscribe: 'not_key',
	spublish: 'not_key',
};

/** What a command does to its first key, and to those behind it. */
export function keyFlagsOf({name, flags}: CommandDescription): readonly [string, string] {
	const known = keyFlags[name] ?? (name.includes('|') ? looked : flags.includes('write') ? changedKey : readKey);
	return typeof known === 'string' ? [known, known] : known;
}

const several = 'request_policy:multi_shard';
const allShards = 'request_policy:all_shards';
const allNodes = 'request_policy:all_nodes';
const summed = 'response_policy:agg_sum';
const allSucceeded = 'response_policy:all_succeeded';
const changing = 'nondeterministic_output';
const unordered = 'nondeterministic_output_order';

/** For clients of a Redis Cluster: which nodes are to be asked, and what their answers come to. */
const tips: Readonly<Record<string, readonly string[]>> = {
	mget: [several],
	mset: [several, allSucceeded],
	msetnx: [several, 'response_policy:agg_min'],
	del: [several, summed],
	unlink: [several, summed],
	exists: [several, summed],
	touch: [several, summed],
	flushall: [allShards, allSucceeded],
	flushdb: [allShards, allSucceeded],
	ttl: [changing],
	pttl: [changing],
	scan: [changing, 'request_policy:special'],
	keys: [allShards, unordered],
	randomkey: [allShards, changing],
	dbsize: [allShards, summed],
	'object|encoding': [changing],
	'object|refcount': [changing],
	'object|freq': [changing],
	'object|idletime': [changing],
	wait: [allShards, 'response_policy:agg_min'],
	time: [changing],
	ping: [allShards, allSucceeded],
	'script|exists': [allShards, 'response_policy:agg_logical_and'],
	'script|flush': [allNodes, allSucceeded],
	'script|load': [allNodes, allSucceeded],
	'script|kill': [allShards, 'response_policy:one_succeeded'],
	'client|info': [changing],
	'client|list': [changing],
	'config|set': [allNodes, allSucceeded],
	command: [unordered],
	'command|info': [unordered],
	'command|docs': [unordered],
	'command|list': [unordered],
	info: [changing, allShards, 'response_policy:special'],
	'slowlog|get': [allNodes, changing],
	'slowlog|len': [allNodes, summed, changing],
	'slowlog|reset': [allNodes, allSucceeded],
};

export const tipsOf = ({name}: CommandDescription): readonly string[] => tips[name] ?? [];

const constant = 'O(1)';
const ofKeys = 'O(N), N: keys that are named';
const ofValue = 'O(N), N: bytes of the value';
const ofAll = 'O(N), N: keys that there are';

/** Where it is not that of one step, or of the keys that are named. */
const complexities: Readonly<Record<string, string>> = {
	append: ofValue,
	bitcount: ofValue,
	bitop: 'O(N), N: bytes of the values',
	bitpos: ofValue,
	copy: ofValue,
	getrange: ofValue,
	rename: ofValue,
	renamenx: ofValue,
	setrange: ofValue,
	substr: ofValue,
	incrbyfloat: constant,
	bitfield: 'O(N), N: steps, and bytes of the value',
	bitfield_ro: 'O(N), N: steps',
	lcs: 'O(N*M), N and M: bytes of the values',
	keys: ofAll,
	scan: 'O(N), N: the count',
	eval: 'That of the script',
	evalsha: 'That of the script',
	eval_ro: 'That of the script',
	evalsha_ro: 'That of the script',
	exec: 'That of its commands',
	publish: 'O(N), N: clients that listen',
	spublish: 'O(N), N: clients that listen',
	info: 'O(N), N: nodes',
	'client|list': 'O(N), N: clients',
	'client|kill': 'O(N), N: clients',
	'script|exists': 'O(N), N: digests that are named',
};

export const complexityOf = ({name, keys}: CommandDescription): string =>
	complexities[name] ?? (keys !== undefined && keys.last < 0 ? ofKeys : constant);

/** Where they do not follow from the group and the flags. */
const categories: Readonly<Record<string, readonly string[]>> = {
	flushall: ['@keyspace', '@dangerous'],
	flushdb: ['@keyspace', '@dangerous'],
	swapdb: ['@keyspace', '@dangerous'],
	keys: ['@keyspace', '@dangerous'],
	dbsize: ['@keyspace'],
	info: ['@dangerous'],
	wait: ['@connection'],
};

const categoryOfGroup: Readonly<Record<CommandDescription['group'], readonly string[]>> = {
	string: ['@string'],
	bitmap: ['@bitmap'],
	generic: ['@keyspace'],
	connection: ['@connection'],
	server: [],
	// By the flag.
	pubsub: [],
	transactions: ['@transaction'],
	scripting: ['@scripting'],
};

/** Those that the flags do not tell. */
export function ownCategoriesOf({name, group, subcommands}: CommandDescription): readonly string[] {
	if (name === 'command' || name.startsWith('command|')) return ['@connection'];
	return categories[name] ?? (subcommands === undefined ? categoryOfGroup[group] : []);
}
