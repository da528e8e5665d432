import type {ClientState, ClusterInfo} from '../client-state.js';
import type {ReplyWriter} from '../reply-writer.js';
import {type RedisCommand, type Plan, textAt} from './command.js';
import {clusterSections, sections} from './info-sections.js';

const everything = ['all', 'everything', 'default'];

function planInfo(parts: readonly Buffer[]): Plan {
	const asked = new Set(parts.slice(1).map((_, offset) => textAt(parts, offset + 1).toLowerCase()));
	const isAll = asked.size === 0 || everything.some(name => asked.has(name));
	const names = Object.keys(sections).filter(name => isAll || asked.has(name));
	const reply = (out: ReplyWriter, {gateway}: ClientState, cluster: ClusterInfo): void =>
		out.verbatim(names.map(name => sectionText(name, sections[name]?.(gateway, cluster) ?? {})).join('\r\n'));
	const countsKeys = names.includes('keyspace');
	if (names.some(name => clusterSections.has(name))) return {type: 'report', countsKeys, reply};
	return {
		type: 'local',
		reply: (out, clientState) => reply(out, clientState, {raft: {}, data: undefined, databases: []}),
	};
}

/** Redis writes these in capitals. */
const titles: Readonly<Record<string, string>> = {cpu: 'CPU'};

function sectionText(name: string, fields: Readonly<Record<string, unknown>>): string {
	const lines = Object.entries(fields).map(
		([field, value]) => `${field}:${String(value).replaceAll(/[\r\n]+/g, ' ')}\r\n`,
	);
	return `# ${titles[name] ?? `${name.charAt(0).toUpperCase()}${name.slice(1)}`}\r\n${lines.join('')}`;
}

export const infoCommand: RedisCommand = {
	name: 'info',
	arity: -1,
	flags: ['loading', 'stale'],
	group: 'server',
	since: '1.0.0',
	summary: 'Describe the server, its clients and the cluster behind it',
	plan: planInfo,
};
