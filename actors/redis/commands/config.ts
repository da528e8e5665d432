import type {GatewayState} from '../client-state.js';
import {parseEventSetting} from '../event-setting.js';
import {parseInt64} from '../int64.js';
import {slowLogLengthMax} from '../slow-log.js';
import {type RedisCommand, expectResult, partAt, type Plan, refuse, replyOk, syntaxError, textAt} from './command.js';
import {container} from './container.js';
import {matchesGlob} from './glob.js';
import {countersOf} from './info-sections.js';

/** What tools ask for, answered as it is here: keys are neither evicted nor saved by a schedule. */
function settingsOf(gateway: GatewayState): Readonly<Record<string, string>> {
	const {limits, databases, host, port, maxMemoryBytes, isDurable, keyspaceEvents, slowLog} = gateway;
	return {
		// What is acknowledged was synced to the disk, or is kept in memory alone.
		appendfsync: isDurable ? 'always' : 'no',
		appendonly: isDurable ? 'yes' : 'no',
		bind: host,
		'client-output-buffer-limit': `normal ${limits.unreadRepliesBytesMax} 0 0 slave 0 0 0 pubsub ${limits.unreadMessagesBytesMax} ${limits.slowMessagesBytesMax} ${limits.slowMessagesMs / 1000}`,
		databases: String(databases),
		maxclients: String(limits.clientsMax),
		maxmemory: String(maxMemoryBytes),
		'maxmemory-clients': String(limits.clientsBytesMax),
		'maxmemory-policy': 'noeviction',
		'notify-keyspace-events': keyspaceEvents.setting,
		port: String(port),
		'proto-max-bulk-len': String(limits.bulkBytesMax),
		save: '',
		'slowlog-log-slower-than': String(slowLog.slowerThanMicroseconds),
		'slowlog-max-len': String(slowLog.lengthMax),
		timeout: '0',
	};
}

function planGet(parts: readonly Buffer[]): Plan {
	const patterns = parts.slice(2).map((_, offset) => textAt(parts, offset + 2).toLowerCase());
	return {
		type: 'local',
		reply(out, clientState) {
			const settings = Object.entries(settingsOf(clientState.gateway));
			const asked = settings.filter(([name]) => patterns.some(pattern => matchesGlob(pattern, name)));
			out.map(asked.length);
			for (const [name, value] of asked) {
				out.bulk(name);
				out.bulk(value);
			}
		},
	};
}

const get: RedisCommand = {
	name: 'get',
	arity: -3,
	flags: ['admin', 'noscript', 'loading', 'stale'],
	group: 'server',
	since: '2.0.0',
	summary: 'Get the values of settings, by patterns of their names',
	plan: planGet,
};

const failed = (name: string, why: string): string =>
	`ERR CONFIG SET failed (possibly related to argument '${name}') - ${why}`;

const eventsName = 'notify-keyspace-events';

/** From the least to the most that it may be. */
const slowLogSettings: Readonly<Record<string, readonly [number, number]>> = {
	'slowlog-log-slower-than': [-1, Number.MAX_SAFE_INTEGER],
	'slowlog-max-len': [0, slowLogLengthMax],
};

/** All of them, or none. */
function planSlowLog(parts: readonly Buffer[]): Plan {
	const settings = new Map<string, number>();
	for (let at = 2; at < parts.length; at += 2) {
		const name = textAt(parts, at);
		const [min, max] = slowLogSettings[name.toLowerCase()] ?? [];
		if (min === undefined || max === undefined) return planFailed(name);
		if (settings.has(name.toLowerCase())) return refuse(failed(name, 'duplicate parameter'));
		const value = parseInt64(partAt(parts, at + 1));
		if (value === undefined) return refuse(failed(name, "argument couldn't be parsed into an integer"));
		if (value < min || value > max) return refuse(failed(name, `argument must be between ${min} and ${max} inclusive`));
		settings.set(name.toLowerCase(), Number(value));
	}
	return {
		type: 'local',
		reply(out, {gateway: {slowLog}}) {
			slowLog.slowerThanMicroseconds = settings.get('slowlog-log-slower-than') ?? slowLog.slowerThanMicroseconds;
			slowLog.lengthMax = settings.get('slowlog-max-len') ?? slowLog.lengthMax;
			replyOk(out);
		},
	};
}

/** What is told on channels, or what SLOWLOG keeps. */
function planSet(parts: readonly Buffer[]): Plan {
	if (parts.length % 2 !== 0) return refuse(syntaxError);
	if (textAt(parts, 2).toLowerCase() in slowLogSettings) return planSlowLog(parts);
	const names = parts.slice(2).flatMap((_, offset) => (offset % 2 === 0 ? [textAt(parts, offset + 2)] : []));
	const other = names.find(name => name.toLowerCase() !== eventsName);
	if (other !== undefined) return planFailed(other);
	if (names.length > 1) return refuse(failed(names[1] as string, 'duplicate parameter'));
	const classes = parseEventSetting(textAt(parts, 3));
	if (typeof classes === 'string') return refuse(failed(names[0] as string, classes));
	if (classes.size === 0) {
		return {
			type: 'local',
			reply(out, {gateway}) {
				gateway.keyspaceEvents.end();
				replyOk(out);
			},
		};
	}
	return {
		type: 'write',
		// From this revision on: so what is written behind the reply is told, whoever writes it.
		operation: {type: 'keepChanges'},
		reply(out, result, {gateway}) {
			gateway.keyspaceEvents.begin(classes, expectResult(result, 'changes').revision);
			replyOk(out);
		},
	};
}

function planFailed(name: string): Plan {
	return {
		type: 'local',
		reply(out, {gateway}) {
			const isKnown = name.toLowerCase() in settingsOf(gateway);
			if (isKnown) out.error(failed(name, 'it cannot be changed here: it is an option of start, or as it is'));
			else out.error(`ERR Unknown option or number of arguments for CONFIG SET - '${name}'`);
		},
	};
}

const set: RedisCommand = {
	name: 'set',
	arity: -4,
	flags: ['admin', 'noscript', 'loading', 'stale'],
	group: 'server',
	since: '2.0.0',
	summary:
		'Choose the changes of keys that are told on channels (notify-keyspace-events), and what SLOWLOG keeps (slowlog-log-slower-than, slowlog-max-len)',
	refusalInTransaction: 'it asks the cluster where its log is: send it before MULTI',
	plan: planSet,
};

const resetstat: RedisCommand = {
	name: 'resetstat',
	arity: 2,
	flags: ['admin', 'noscript', 'loading', 'stale'],
	group: 'server',
	since: '2.0.0',
	summary: 'Let INFO count from now on',
	plan: () => ({
		type: 'local',
		reply(out, {gateway}) {
			gateway.forgottenCounts = countersOf(gateway);
			replyOk(out);
		},
	}),
};

export const configCommand = container(
	{name: 'config', arity: -2, flags: [], group: 'server', since: '2.0.0', summary: 'About settings'},
	[get, set, resetstat],
);
