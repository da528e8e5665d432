import test from 'ava';
import {
	runCommandLine,
	startSubcommand,
	type StartOptions,
	type Subcommand,
} from '../../actors/console/command-line.js';

interface Outcome {
	readonly status: number;
	readonly output: string;
	readonly errors: string;
	readonly started: readonly StartOptions[];
	readonly checked: readonly string[];
}

async function run(line: string, startStatus = 0): Promise<Outcome> {
	const started: StartOptions[] = [];
	const checked: string[] = [];
	const [output, errors]: [string[], string[]] = [[], []];
	const start = startSubcommand(async options => {
		started.push(options);
		return startStatus;
	});
	const check: Subcommand = {
		name: 'check',
		summary: 'check a history',
		isDefault: false,
		mount: (command, setStatus) => {
			command.argument('<file>').action((file: string) => {
				checked.push(file);
				setStatus(Promise.resolve(3));
			});
		},
	};
	const words = line.split(' ').filter(word => word !== '');
	const streams = {
		write: (text: string) => output.push(text),
		writeError: (text: string) => errors.push(text),
	};
	const status = await runCommandLine(words, [start, check], '1.2.3', streams);
	return {status, output: output.join(''), errors: errors.join(''), started, checked};
}

const defaults: StartOptions = {
	nodes: 5,
	directory: './threadraft-data',
	redis: {port: 6380, host: '127.0.0.1'},
	metricsHost: '127.0.0.1',
	kvThread: false,
	serve: false,
	keepGoing: false,
	isPlain: false,
	engine: undefined,
};

const starts = test.macro({
	exec: async (t, line: string, options: Partial<StartOptions>) => {
		const {status, errors, started} = await run(line);
		t.deepEqual([status, errors], [0, '']);
		t.deepEqual(started, [{...defaults, ...options}]);
	},
	title: (_, line: string) => `starts a cluster: threadraft ${line}`,
});

test(starts, '', {});
test(starts, 'start', {});
test(starts, '--nodes 3', {nodes: 3});
test(starts, 'start --nodes=9 --dir data', {nodes: 9, directory: 'data'});
test(starts, 'start --memory', {directory: undefined});
test(starts, 'start --metrics-port 0 --metrics-host ::1', {metricsPort: 0, metricsHost: '::1'});
test(starts, 'start --redis-port 0 --redis-host ::1 --kv-thread', {
	redis: {port: 0, host: '::1'},
	kvThread: true,
});
test(starts, '--redis-socket s --redis-password-file p --tls-cert c --tls-key k --tls-ca a', {
	redis: {
		...defaults.redis,
		socketPath: 's',
		passwordFile: 'p',
		certFile: 'c',
		keyFile: 'k',
		caFile: 'a',
	},
});

const noFiles = {caFile: undefined, certFile: undefined, keyFile: undefined, passwordFile: undefined};
test(starts, '--engine etcd://a:1,[::1]:2/prefix', {engine: {...noFiles, url: 'etcd://a:1,[::1]:2/prefix'}});
test(starts, '--engine etcds://me@a:1 --engine-ca c --engine-cert d --engine-key e --engine-password-file f', {
	engine: {url: 'etcds://me@a:1', caFile: 'c', certFile: 'd', keyFile: 'e', passwordFile: 'f'},
});

const isRefused = test.macro({
	exec: async (t, line: string, message: string) => {
		const outcome = await run(line);
		t.deepEqual(outcome, {status: 2, output: '', errors: `threadraft: ${message}\n`, started: [], checked: []});
	},
	title: (_, line: string) => `is refused with one line and status 2: threadraft ${line}`,
});

const see = '(see threadraft --help)';
const nodesRefused = (text: string): string =>
	`option '--nodes <n>' argument '${text}' is invalid. Write a whole number from 1 to 9. ${see}`;
test(isRefused, '--nodes 0', nodesRefused('0'));
test(isRefused, '--nodes 10', nodesRefused('10'));
test(isRefused, '--nodes 2.5', nodesRefused('2.5'));
test(isRefused, '--nodes', `option '--nodes <n>' argument missing ${see}`);
test(isRefused, '--node 3', `unknown option '--node' (Did you mean --nodes?) ${see}`);
test(
	isRefused,
	'--redis-port 65536',
	`option '--redis-port <port>' argument '65536' is invalid. Write a whole number from 0 to 65535. ${see}`,
);
test(isRefused, '--tls-cert c', `option '--tls-cert <file>' needs option '--tls-key <file>' ${see}`);
test(isRefused, '--tls-key k', `option '--tls-key <file>' needs option '--tls-cert <file>' ${see}`);
test(isRefused, '--tls-ca a', `option '--tls-ca <file>' needs option '--tls-cert <file>' ${see}`);
test(isRefused, '--redis-password=hush', `unknown option '--redis-password=***' ${see}`);
test(isRefused, 'start --memory --dir data', `option '--memory' cannot be used with option '--dir <path>' ${see}`);
const engineRefused = (text: string, why: string): string =>
	`option '--engine <url>' argument '${text}' is invalid. ${why}: write etcd://HOST:PORT,HOST:PORT,... (etcds:// for TLS), USER@ before the first HOST if etcd has users, and, if you like, /PREFIX behind it ${see}`;
test(isRefused, '--engine a:1', engineRefused('a:1', '"a:1" does not begin with etcd:// or etcds://'));
test(isRefused, '--engine etcd://', engineRefused('etcd://', 'an address is missing'));
test(isRefused, '--engine etcd://a:1,', engineRefused('etcd://a:1,', 'an address is missing'));
test(isRefused, '--engine etcd://a', engineRefused('etcd://a', '"a" is no HOST:PORT'));
test(isRefused, '--engine etcd://a:65536', engineRefused('etcd://a:65536', '"a:65536" is no HOST:PORT'));
test(isRefused, '--engine etcd://a:1,a:1', engineRefused('etcd://a:1,a:1', '"a:1,a:1" names an address twice'));
test(
	isRefused,
	'--engine etcd://me:hush@a:1',
	engineRefused('etcd://me:***@a:1', 'A password does not belong into the URL, which others can see'),
);
test(
	isRefused,
	'--engine etcd://@a:1',
	engineRefused('etcd://@a:1', 'what stands before the "@" is no user (write special characters as %XX)'),
);
test(isRefused, '--engine-key k', `option '--engine-key <file>' needs option '--engine <url>' ${see}`);
test(
	isRefused,
	'--engine etcd://a:1 --nodes 3',
	`option '--engine <url>' cannot be used with option '--nodes <n>' ${see}`,
);
test(isRefused, 'stop', 'there is no command "stop": write one of start, check');
test(isRefused, 'start now', `too many arguments for 'start'. Expected 0 arguments but got 1. ${see}`);
test(isRefused, 'check', `missing required argument 'file' ${see}`);

test('another subcommand runs with its own arguments, and its status is the exit status', async t => {
	const {status, started, checked} = await run('check history.json');
	t.deepEqual([status, started, checked], [3, [], ['history.json']]);
	t.is((await run('start', 7)).status, 7);
});

test('--version prints the version', async t => {
	t.deepEqual(await run('--version'), {status: 0, output: '1.2.3\n', errors: '', started: [], checked: []});
});

test('--help names the subcommands and the options of the default one, and starts nothing', async t => {
	const {status, output, errors, started} = await run('--help');
	t.deepEqual([status, errors, started], [0, '', []]);
	for (const word of ['start', 'check', '--nodes <n>', '(default: 5)', '--redis-port', '--memory', '--kv-thread']) {
		t.true(output.includes(word), word);
	}
});

test('a subcommand explains itself', async t => {
	for (const line of ['start --help', 'help start']) {
		const {status, output, started} = await run(line);
		t.deepEqual([status, started], [0, []]);
		t.true(output.includes('Usage: threadraft start'));
	}
});

test('"help NAME" is "NAME --help", for subcommands with a parser of their own, too', async t => {
	const asked: string[][] = [];
	const own: Subcommand = {
		name: 'own',
		summary: 'parses by itself',
		isDefault: false,
		mount: (command, setStatus) => {
			command
				.argument('[words...]')
				.helpOption(false)
				.allowUnknownOption()
				.action((words: string[]) => {
					asked.push(words);
					setStatus(Promise.resolve(0));
				});
		},
	};
	const errors: string[] = [];
	const streams = {write: () => undefined, writeError: (text: string) => errors.push(text)};
	t.is(await runCommandLine(['help', 'own'], [own], '1.2.3', streams), 0);
	t.deepEqual(asked, [['--help']]);
	t.is(await runCommandLine(['help', 'won'], [own], '1.2.3', streams), 2);
	t.deepEqual(errors, ['threadraft: there is no command "won": write one of own\n']);
});
