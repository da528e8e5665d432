/** What `help` prints. It fits the width of the terminal, and breaks lines between words only. */
import type {Colors} from 'picocolors/types.js';
import {type Command, type Topic, topicTitles} from './command.js';
import {linksDetails} from './links.js';
import {wrapText} from './wrap-text.js';

/** Columns of the usage before the summary; a longer usage has a line of its own. */
const usageColumnsMax = 30;
const indent = '  ';

/** What the texts are fitted to. */
export interface HelpLayout {
	readonly colours: Colors;
	readonly columns: number;
}

export const topics = Object.keys(topicTitles) as readonly Topic[];

/** All commands by topic: short enough to be seen at once. */
export function helpOnAll(commands: readonly Command[], {colours, columns}: HelpLayout): string {
	const width = Math.max(...topics.map(topic => topic.length)) + indent.length;
	const rows = topics.flatMap(topic => {
		const names = commands.filter(command => command.topic === topic).map(({name}) => name);
		const lines = wrapText(names.join(' '), columns - width);
		return lines.map((line, row) => `${row === 0 ? colours.bold(topic.padEnd(width)) : ' '.repeat(width)}${line}`);
	});
	const more = [
		'"help TOPIC" lists the commands of a topic, such as "help network"; "help COMMAND" explains one, with an example.',
		'Tab completes. Ctrl-C cancels. "quit" or Ctrl-D stops the cluster.',
	];
	return [...rows, '', ...more.flatMap(line => wrapText(line, columns))].join('\n');
}

export function helpOnTopic(topic: Topic, commands: readonly Command[], {colours, columns}: HelpLayout): string {
	const chosen = commands.filter(command => command.topic === topic);
	const lengths = chosen.map(({usage}) => usage.length).filter(length => length <= usageColumnsMax);
	const width = Math.max(0, ...lengths) + indent.length;
	const rows = chosen.map(({usage, summary}) => {
		const summaryLines = wrapText(summary, columns - width).join(`\n${' '.repeat(width)}`);
		if (usage.length <= usageColumnsMax) return colours.bold(usage.padEnd(width)) + summaryLines;
		return `${boldLines(usage, {colours, columns})}\n${' '.repeat(width)}${summaryLines}`;
	});
	return [`${topicTitles[topic]}:`, ...rows].join('\n');
}

export function helpOn(command: Command, {colours, columns}: HelpLayout): string {
	const {usage, summary, details, example, aliases = []} = command;
	const indented = (text: string): readonly string[] =>
		wrapText(text, columns - indent.length).map(line => indent + line);
	return [
		boldLines(usage, {colours, columns}),
		...indented(summary),
		...details.flatMap(indented),
		...(aliases.length === 0 ? [] : indented(`Also: ${aliases.join(', ')}`)),
		`${indent}Example: ${example}`,
	].join('\n');
}

/** What stands for LINKS in the usages. */
export const helpOnLinks = ({columns}: HelpLayout): string =>
	linksDetails.flatMap(line => wrapText(line, columns)).join('\n');

const boldLines = (text: string, {colours, columns}: HelpLayout): string =>
	wrapText(text, columns)
		.map(line => colours.bold(line))
		.join('\n');
