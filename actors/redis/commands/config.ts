import type {GatewayState} from '../client-state.js';
import {type RedisCommand, type Plan, textAt} from './command.js';
import {container} from './container.js';
import {matchesGlob} from './glob.js';

/** What tools ask for, answered as it is here: keys are neither evicted nor saved by a schedule. */
function settingsOf({limits, host, port, maxMemoryBytes, isDurable}: GatewayState): Readonly<Record<string, string>> {
	return {
		// What is acknowledged was synced to the disk, or is kept in memory alone.
		appendfsync: isDurable ? 'always' : 'no',
		appendonly: isDurable ? 'yes' : 'no',
		bind: host,
		'client-output-buffer-limit': `normal ${limits.unreadRepliesBytesMax} 0 0 slave 0 0 0 pubsub ${limits.unreadMessagesBytesMax} ${limits.slowMessagesBytesMax} ${limits.slowMessagesMs / 1000}`,
		databases: '1',
		maxclients: String(limits.clientsMax),
		maxmemory: String(maxMemoryBytes),
		'maxmemory-clients': String(limits.clientsBytesMax),
		'maxmemory-policy': 'noeviction',
		port: String(port),
		'proto-max-bulk-len': String(limits.bulkBytesMax),
		save: '',
		// No command is logged as slow: SLOWLOG is empty.
		'slowlog-log-slower-than': '-1',
		'slowlog-max-len': '0',
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
	flags: ['admin'],
	group: 'server',
	since: '2.0.0',
	summary: 'Get the values of settings, by patterns of their names',
	plan: planGet,
};

export const configCommand = container(
	{name: 'config', arity: -2, flags: [], group: 'server', since: '2.0.0', summary: 'About settings'},
	[get],
);
