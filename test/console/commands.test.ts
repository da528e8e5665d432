/** The table of commands, held against the parser, the completion and the page: what a new command must not lack. */
import {readFileSync} from 'node:fs';
import test from 'ava';
import picocolors from 'picocolors';
import {type Command, topicTitles} from '../../actors/console/command.js';
import {allCommands} from '../../actors/console/commands/all.js';
import type {OfferKind} from '../../actors/console/offers.js';
import {helpOn, helpOnAll, helpOnTopic, topics} from '../../actors/console/help-text.js';
import {parseLine} from '../../actors/console/parser.js';
import {MemoryTarget} from './memory-target.js';
import {runScript} from './run-script.js';

const columns = 80;

/** What stands in a usage for a thing of this kind. */
const kindOfPlaceholder: Readonly<Record<string, OfferKind>> = {
	N: 'node',
	COMMAND: 'command',
	TOPIC: 'topic',
	NAME: 'setting',
	KEY: 'key',
	FILE: 'file',
};

/** The kinds that Tab offers for any of the words of the command. */
function kindsOffered({completions, usage, example}: Command): ReadonlySet<OfferKind> {
	const words = example.split(' ').slice(1);
	if (typeof completions !== 'function') return new Set(completions.flatMap(({kinds}) => kinds));
	// Each way to write it: `load start [CLIENTS] | load stop [FILE]`.
	const ways = [words, ...usage.split(' | ').map(way => way.split(' ').slice(1))];
	const befores = ways.flatMap(way => way.map((_, count) => way.slice(0, count)));
	return new Set(befores.flatMap(before => completions(before).kinds));
}

test('no two commands share a name or an alias', t => {
	const names = allCommands.flatMap(({name, aliases = []}) => [name, ...aliases]);
	t.deepEqual(
		names.filter((name, offset) => names.indexOf(name) !== offset),
		[],
	);
	t.deepEqual(
		names.filter(name => name !== name.toLowerCase() || /\s/.test(name)),
		[],
	);
});

for (const command of allCommands) {
	const {name, usage, summary, example, aliases = []} = command;

	test(`${name}: its example means something, and is of this command`, t => {
		t.is(parseLine(example, 3, allCommands)?.command, command);
	});

	test(`${name}: its usage begins with its name, and its summary is one short line`, t => {
		t.regex(usage, new RegExp(String.raw`^${name}\b`));
		t.true(summary.length < columns && !summary.includes('\n'), summary);
	});

	test(`${name}: docs/console.md tells it in a row of the table of commands`, t => {
		const page = readFileSync(new URL('../../../docs/console.md', import.meta.url), 'utf8');
		const table = page.split('## Commands')[1]?.split('\n## ')[0] ?? '';
		const rows = table.split('\n').filter(line => line.startsWith('|'));
		const isTold = (word: string): boolean => rows.some(row => row.split(' | ')[0]?.includes(`\`${word}`));
		t.true(isTold(name), `no row begins with \`${name}\``);
		for (const alias of aliases)
			t.true(
				rows.some(row => row.includes(`\`${alias}\``)),
				`no row has \`${alias}\``,
			);
	});

	test(`${name}: Tab offers what the placeholders of its usage stand for`, t => {
		const placeholders = (usage.match(/\b[A-Z]+\b/g) ?? []).filter(word => word in kindOfPlaceholder);
		t.deepEqual(
			placeholders.filter(word => !kindsOffered(command).has(kindOfPlaceholder[word] as OfferKind)),
			[],
		);
	});
}

const layout = {colours: picocolors.createColors(false), columns};
/** A small terminal's, without the line that asks for help and the prompt below. */
const rowsMax = 22;

function isFitting(text: string): boolean {
	const lines = text.split('\n');
	return lines.length <= rowsMax && lines.every(line => line.length <= columns);
}

test('help fits a terminal of 24 lines and 80 columns: the list of all, each topic, and each command', t => {
	t.true(isFitting(helpOnAll(allCommands, layout)), helpOnAll(allCommands, layout));
	const texts = [
		...topics.map(topic => helpOnTopic(topic, allCommands, layout)),
		...allCommands.map(command => helpOn(command, layout)),
	];
	t.deepEqual(
		texts.filter(text => !isFitting(text)),
		[],
	);
});

test('help breaks no word, however narrow the terminal', t => {
	const narrow = {...layout, columns: 44};
	const words = (text: string): readonly string[] => text.split(/\s+/).filter(word => word !== '');
	for (const command of allCommands) t.deepEqual(words(helpOn(command, narrow)), words(helpOn(command, layout)));
	t.true(
		helpOnAll(allCommands, narrow)
			.split('\n')
			.every(line => line.length <= 44),
	);
});

test('help lists each command in its topic, and no topic is called as a command', t => {
	const listed = helpOnAll(allCommands, layout).split(/\s+/);
	for (const {name, topic} of allCommands) {
		t.true(listed.includes(name), name);
		t.false((topics as readonly string[]).includes(name), name);
		t.true(helpOnTopic(topic, allCommands, layout).includes(`\n${name}`), name);
	}
});

test('each topic has a command', t => {
	const used = new Set(allCommands.map(({topic}) => topic));
	t.deepEqual(
		Object.keys(topicTitles).filter(topic => !used.has(topic as keyof typeof topicTitles)),
		[],
	);
});

test('help explains the word LINKS of the usages', async t => {
	const {status, output} = await runScript('help LINKS', new MemoryTarget());
	t.is(status, 0);
	t.true(output.includes('LINKS: 0->1 (one way)'), output);
});
