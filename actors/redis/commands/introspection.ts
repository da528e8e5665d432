import type {ReplyWriter} from '../reply-writer.js';
import type {ClientState} from '../client-state.js';
import {matchesGlob} from './glob.js';
import {type RedisCommand, type Plan, refuse, syntaxError, textAt} from './command.js';
import type {CommandDescription} from './command-description.js';
import {complexityOf} from './command-facts.js';
import {categoriesOf, replyInfo} from './command-info.js';
import {argumentsOf, writeArguments} from './command-arguments.js';
import {planKeys} from './command-keys.js';
import {container} from './container.js';
import {syntax} from './syntax.js';

/** The names behind `COMMAND INFO` or `COMMAND DOCS`. */
function namesOf(parts: readonly Buffer[]): readonly string[] {
	return parts.slice(2).map((_, offset) => textAt(parts, offset + 2).toLowerCase());
}

function find({gateway}: ClientState, name: string): CommandDescription | undefined {
	const [head = '', tail] = name.split('|');
	const command = gateway.commands.get(head);
	return tail === undefined ? command : command?.subcommands?.get(tail);
}

function replyInfos(out: ReplyWriter, commands: readonly (CommandDescription | undefined)[]): void {
	out.array(commands.length);
	for (const command of commands) replyInfo(out, command);
}

function replyAll(out: ReplyWriter, clientState: ClientState): void {
	replyInfos(out, [...clientState.gateway.commands.values()]);
}

function planInfo(parts: readonly Buffer[]): Plan {
	const names = namesOf(parts);
	if (names.length === 0) return {type: 'local', reply: replyAll};
	return {
		type: 'local',
		reply: (out, clientState) =>
			replyInfos(
				out,
				names.map(name => find(clientState, name)),
			),
	};
}

function replyDocs(out: ReplyWriter, command: CommandDescription): void {
	const subcommands = [...(command.subcommands?.values() ?? [])];
	out.bulk(command.name);
	const notation = syntax[command.name];
	out.map(4 + (notation === undefined ? 0 : 1) + (subcommands.length === 0 ? 0 : 1));
	out.bulk('summary');
	out.bulk(command.summary);
	out.bulk('since');
	out.bulk(command.since);
	out.bulk('group');
	out.bulk(command.group);
	out.bulk('complexity');
	out.bulk(complexityOf(command));
	if (notation !== undefined) {
		out.bulk('arguments');
		writeArguments(out, argumentsOf(notation));
	}
	if (subcommands.length === 0) return;
	out.bulk('subcommands');
	out.map(subcommands.length);
	for (const each of subcommands) replyDocs(out, each);
}

function planDocs(parts: readonly Buffer[]): Plan {
	const names = namesOf(parts);
	return {
		type: 'local',
		reply(out, clientState) {
			const commands =
				names.length === 0 ? [...clientState.gateway.commands.values()] : names.map(name => find(clientState, name));
			const known = commands.filter(command => command !== undefined);
			out.map(known.length);
			for (const command of known) replyDocs(out, command);
		},
	};
}

type Filter = (command: CommandDescription) => boolean;

/** COMMAND LIST FILTERBY: no command is of a module. */
const filters: Readonly<Record<string, (value: string) => Filter>> = {
	module: () => () => false,
	aclcat: value => command => categoriesOf(command).includes(`@${value.toLowerCase()}`),
	pattern: value => {
		const pattern = value.toLowerCase();
		return ({name}) => matchesGlob(pattern, name);
	},
};

/** With the subcommands, each after its command. */
const withSubcommands = (commands: Iterable<CommandDescription>): readonly CommandDescription[] =>
	[...commands].flatMap(command => [command].concat([...(command.subcommands?.values() ?? [])]));

function planNames(parts: readonly Buffer[]): Plan {
	if (parts.length === 2) {
		return {
			type: 'local',
			reply(out, {gateway}) {
				out.array(gateway.commands.size);
				for (const name of gateway.commands.keys()) out.bulk(name);
			},
		};
	}
	const filterBy = parts.length === 5 && textAt(parts, 2).toLowerCase() === 'filterby' ? filters : {};
	const filter = parts.length === 5 ? filterBy[textAt(parts, 3).toLowerCase()]?.(textAt(parts, 4)) : undefined;
	if (filter === undefined) return refuse(syntaxError);
	return {
		type: 'local',
		reply(out, {gateway}) {
			const names = withSubcommands(gateway.commands.values()).filter(command => filter(command));
			out.array(names.length);
			for (const {name} of names) out.bulk(name);
		},
	};
}

const common = {flags: ['loading', 'stale'], group: 'server', since: '2.8.13'} as const;

const subcommands: readonly RedisCommand[] = [
	{
		...common,
		name: 'count',
		arity: 2,
		summary: 'Count the commands',
		plan: () => ({type: 'local', reply: (out, {gateway}) => out.integer(gateway.commands.size)}),
	},
	{...common, name: 'info', arity: -2, summary: 'Describe commands, for machines', plan: planInfo},
	{...common, name: 'docs', arity: -2, since: '7.0.0', summary: 'Describe commands, for people', plan: planDocs},
	{
		...common,
		name: 'list',
		arity: -2,
		since: '7.0.0',
		summary: 'List the names of the commands, all or those of a category or a pattern',
		plan: planNames,
	},
	{...common, name: 'getkeys', arity: -4, summary: 'Tell the keys of a request', plan: planKeys(false)},
	{
		...common,
		name: 'getkeysandflags',
		arity: -4,
		since: '7.0.0',
		summary: 'Tell the keys of a request, and what it does to them',
		plan: planKeys(true),
	},
];

const prefix = container({...common, name: 'command', arity: -1, summary: 'About the commands'}, subcommands);

export const commandCommand: RedisCommand = {
	...prefix,
	flags: common.flags,
	plan: (parts, limits, modes) =>
		parts.length === 1 ? {type: 'local', reply: replyAll} : prefix.plan(parts, limits, modes),
};
