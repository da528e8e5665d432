/** The table of commands, held against the tests: a command that no test asks for could answer anything. */
import {readdirSync, readFileSync} from 'node:fs';
import test from 'ava';
import type {RedisCommand} from '../../actors/redis/commands/command.js';
import {commandTable} from '../../actors/redis/commands/table.js';

const folder = new URL('../../../test/redis/', import.meta.url);

/** The texts of a test's source, without its titles: a name such as `type` stands in code and titles as a mere word. */
const textsOf = (source: string): string =>
	[...source.matchAll(/(?<!test(?:\.serial)?\(\s*)(['"`])((?:(?!\1)[^\\\n]|\\.)*)\1(?!: )/g)]
		.map(([text]) => text)
		.join(', ')
		.replaceAll(String.raw`\r\n`, ' ');

/** Whether a test asks for it by its name: as a line (`CLIENT ID`) or as the parts of a request (`'client', 'id'`). */
const isAsked = (source: string, name: string): boolean =>
	new RegExp(String.raw`(?<![\w|.-])${name.replace('|', String.raw`(?: |', ')`)}(?![\w|-])`, 'i').test(textsOf(source));

const namesIn = (commands: ReadonlyMap<string, RedisCommand>): readonly string[] =>
	[...commands.values()].flatMap(({name, subcommands}) => (subcommands === undefined ? [name] : namesIn(subcommands)));

test('each command and subcommand is asked for by a test', t => {
	const files = readdirSync(folder).filter(file => file.endsWith('.test.ts') && file !== 'table.test.ts');
	const source = files.map(file => readFileSync(new URL(file, folder), 'utf8')).join('\n');
	t.true(namesIn(commandTable).length > 40);
	t.deepEqual(
		namesIn(commandTable).filter(name => !isAsked(source, name)),
		[],
	);
});

/** What redis-server answers to these is about itself: its clock, its clients, its settings, its own table. */
const aboutItself =
	'object|help memory|help time pubsub|help script|help client|id client|setinfo client|info client|list client|kill client|no-evict client|no-touch client|help config|help command|info command|docs command|list command|help info slowlog|get slowlog|len slowlog|reset slowlog|help monitor'.split(
		' ',
	);

test('each other command is in the generator whose replies are compared with redis-server', t => {
	const generator = [
		'oracle.test.ts',
		'expiry-oracle.test.ts',
		'channels-oracle.test.ts',
		'keyspace-events-oracle.test.ts',
		'edits-oracle.test.ts',
		'conditions-oracle.test.ts',
		'scripts-oracle.test.ts',
		'command-oracle.test.ts',
	]
		.map(file => readFileSync(new URL(file, folder), 'utf8').split('/** What COMMAND INFO tells')[0])
		.join('\n');
	t.deepEqual(
		namesIn(commandTable).filter(name => !isAsked(generator, name)),
		aboutItself,
	);
});

test('each command is in docs/redis-port.md', t => {
	const page = readFileSync(new URL('../../docs/redis-port.md', folder), 'utf8');
	t.deepEqual(
		[...commandTable.keys()].filter(name => !new RegExp(String.raw`\b${name.toUpperCase()}\b`).test(page)),
		[],
	);
});

test('a command that is only a part of other words is not taken for asked', t => {
	t.true(isAsked("['CLIENT ID', ':1']", 'client|id'));
	t.true(isAsked("request('client', 'id')", 'client|id'));
	t.true(isAsked("['get k', '$-1']", 'get'));
	t.false(isAsked("['GETSET k 4']", 'get'));
	t.false(isAsked("['CLIENT NO-EVICT on']", 'client|no'));
	t.false(isAsked("['CLIENT x', 'id']", 'client|id'));
	t.false(isAsked("import {type Plan} from './plan.js';", 'type'));
	t.false(isAsked("test('a value of any type', t => {", 'type'));
});
