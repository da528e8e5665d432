/** The table of commands, held against the parser, the completion and the page: what a new command must not lack. */
import {readFileSync} from 'node:fs';
import test from 'ava';
import {type Command, topicTitles} from '../../actors/console/command.js';
import {allCommands} from '../../actors/console/commands/all.js';
import type {OfferKind} from '../../actors/console/offers.js';
import {parseLine} from '../../actors/console/parser.js';

const columns = 80;

/** What stands in a usage for a thing of this kind. */
const kindOfPlaceholder: Readonly<Record<string, OfferKind>> = {N: 'node', COMMAND: 'command', NAME: 'setting'};

/** The kinds that Tab offers for any of the words of the command's example. */
function kindsOffered({completions, example}: Command): ReadonlySet<OfferKind> {
	const words = example.split(' ').slice(1);
	const offers =
		typeof completions === 'function' ? words.map((_, count) => completions(words.slice(0, count))) : completions;
	return new Set(offers.flatMap(({kinds}) => kinds));
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

test('each topic has a command', t => {
	const used = new Set(allCommands.map(({topic}) => topic));
	t.deepEqual(
		Object.keys(topicTitles).filter(topic => !used.has(topic as keyof typeof topicTitles)),
		[],
	);
});
