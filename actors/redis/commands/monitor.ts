import {type RedisCommand, replyOk} from './command.js';

/** The commands of all connections, as they are taken in. A second MONITOR has no reply, as in Redis. */
export const monitorCommand: RedisCommand = {
	name: 'monitor',
	arity: 1,
	flags: ['admin', 'noscript', 'loading', 'stale'],
	group: 'server',
	since: '1.0.0',
	summary: 'Be shown the commands of all connections',
	plan: () => ({
		type: 'local',
		changesModes: true,
		reply(out, {subscriber}) {
			if (subscriber.isMonitor) return;
			subscriber.monitor();
			replyOk(out);
		},
	}),
};
