import test from 'ava';
import {Cluster, OptionError, startRedisGateway} from '../../actors/index.js';
import {resolveClusterOptions} from '../../actors/cluster/options.js';

/** Options as a program in JavaScript gives them. */
const start = (options: unknown) => Cluster.start(options as never);
const gateway = (options: unknown) => startRedisGateway(options as never);
const client = {execute: () => Promise.reject(new Error('not called'))};
const info = () => Promise.resolve({});

const refused = test.macro({
	exec: async (t, open: () => Promise<unknown>, option: string, message: string) => {
		const error = await t.throwsAsync(open, {instanceOf: OptionError});
		t.is(error?.code, 'ERR_OPTION');
		t.is(error?.option, option);
		t.is(error?.message, message);
	},
	title: (title = '') => `${title} is refused by name, with what is allowed and what was given`,
});

const milliseconds = 'a number of milliseconds from 1 to 2147483647';
test('a misspelt option', refused, () => start({nodez: 5}), 'nodez', 'there is no option nodez: did you mean nodes?');
test(
	'an option that does not exist',
	refused,
	() => start({threads: {colour: 'red'}}),
	'threads.colour',
	'there is no option threads.colour: there are replica, kvServer',
);
test(
	'a misspelt option in a group',
	refused,
	() => start({limits: {heartbeat: 5}}),
	'limits.heartbeat',
	'there is no option limits.heartbeat: did you mean heartbeatMs?',
);
test(
	'a session timeout with a fraction, under which no session was ever opened,',
	refused,
	() => start({nodes: 1, sessionTimeoutMs: 60_518.4}),
	'sessionTimeoutMs',
	'sessionTimeoutMs must be a whole number of milliseconds from 1 on, not 60518.4',
);
test(
	'a number of nodes that no cluster has',
	refused,
	() => start({nodes: 10}),
	'nodes',
	'nodes must be a whole number from 1 to 9, not 10',
);
test(
	'a time that is not a number',
	refused,
	() => start({limits: {electionTimeoutMs: Number.NaN}}),
	'limits.electionTimeoutMs',
	`limits.electionTimeoutMs must be ${milliseconds}, not NaN`,
);
test(
	'a negative time',
	refused,
	() => start({limits: {heartbeatMs: -1}}),
	'limits.heartbeatMs',
	`limits.heartbeatMs must be ${milliseconds}, not -1`,
);
test(
	'an election timeout below two heartbeats',
	refused,
	() => start({limits: {heartbeatMs: 200}}),
	'limits.electionTimeoutMs',
	'limits.electionTimeoutMs must be at least twice limits.heartbeatMs (200), or followers campaign against a healthy leader, not 300',
);
test('a group that is not an object', refused, () => start({limits: 5}), 'limits', 'limits must be an object, not 5');
test('something else than options', refused, () => start(5), 'options', 'options must be an object, not 5');
test(
	'an empty directory name',
	refused,
	() => start({directory: ''}),
	'directory',
	"directory must be a text that is not empty, not ''",
);
test(
	'a port that does not exist',
	refused,
	() => gateway({client, info, port: 65_536}),
	'port',
	'port must be a whole number from 0 to 65535, not 65536',
);
test('a gateway without a client', refused, () => gateway({info}), 'client', 'client must be given, not undefined');

test('an option that is undefined is as one that is left out', t => {
	const resolved = resolveClusterOptions({nodes: undefined, limits: {heartbeatMs: undefined}} as never);
	t.is(resolved.nodes, 3);
	t.is(resolved.limits.heartbeatMs, 50);
});

test('no snapshot is asked for by an undefined maxRaftState alone', t => {
	t.is(resolveClusterOptions({maxRaftState: undefined}).maxRaftState, undefined);
	t.is(resolveClusterOptions({}).maxRaftState, 16 * 2 ** 20);
});

test('arguments of a running cluster and its clerks are checked at the call', async t => {
	const cluster = await Cluster.start({nodes: 1, seed: 1});
	t.teardown(() => cluster.close());
	const clerk = (options: unknown) => cluster.clerk(options as never);
	t.throws(() => clerk({timeoutMs: '5'}), {
		instanceOf: OptionError,
		message: "timeoutMs must be a number of milliseconds from 0 on, not '5'",
	});
	t.throws(() => clerk({limits: {windowMax: 0}}), {instanceOf: OptionError, message: /^limits\.windowMax must be/});
	await t.throwsAsync(cluster.pause(cluster.nodeIds[0]!, Number.NaN), {
		instanceOf: OptionError,
		message: /^ms must be/,
	});
	await t.throwsAsync(cluster.waitForLeader('soon' as never), {instanceOf: OptionError, message: /^timeoutMs must be/});
	t.throws(() => cluster.faults.isolate(1), {
		code: 'ERR_FAULT',
		message: /^fault\.endpoint must be a node from node:0 to node:0/,
	});
});
