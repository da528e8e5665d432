/** TIME: what the clock of the port shows. Within a script it is the time of the log. */
import type {RedisCommand} from './command.js';

export const timeCommand: RedisCommand = {
	name: 'time',
	arity: 1,
	flags: ['loading', 'stale', 'fast'],
	summary: 'Tell the time: seconds since 1970, and microseconds',
	since: '2.6.0',
	group: 'server',
	plan: () => ({
		type: 'local',
		reply(out) {
			const microseconds = Math.floor((performance.timeOrigin + performance.now()) * 1000);
			out.array(2);
			out.bulk(String(Math.floor(microseconds / 1e6)));
			out.bulk(String(microseconds % 1e6));
		},
	}),
};
