/** `threadraft start --engine etcd://...`, as a process of its own, before a real etcd cluster. */
import test from 'ava';
import {Redis} from 'ioredis';
import {freePorts} from '../engines/etcd-cluster.js';
import {etcdTest} from '../engines/etcd-test.js';
import {launch, run} from './cli-process.js';

const anyPort = ['--redis-port', '0'];

etcdTest(
	'a script puts, gets, appends, compares and deletes in etcd, and the next start finds it',
	async (t, cluster) => {
		const engine = ['--engine', cluster.url('script'), ...anyPort];
		const script = [
			'put city Bern',
			'append city !',
			'get city',
			'cas city Bern Genf',
			'cas city Bern! Zürich',
			'delete none',
		];
		const first = await run(t, engine, `${[...script, 'wait leader', 'status', 'quit'].join('\n')}\n`);
		t.is(first.errors, '');
		t.is(first.status, 0);
		t.regex(first.output, /^etcd at 127\.0\.0\.1:\d+, .*keys under script\/\n/);
		const answers = first.output.split('\n');
		const answerTo = (line: string): string | undefined => answers[answers.indexOf(`> ${line}`) + 1];
		t.is(answerTo('get city'), 'Bern!');
		t.is(answerTo('cas city Bern Genf'), '(unchanged) Bern!');
		t.is(answerTo('cas city Bern! Zürich'), 'OK');
		t.is(answerTo('delete none'), '(absent)');
		t.regex(answerTo('wait leader') ?? '', /^node \d leads$/);
		t.is(first.output.match(/^│ +\d+ │ up /gm)?.length, 3);
		t.regex(first.output, / leader /);
		const second = await run(t, engine, 'get city\n');
		t.regex(second.output, /> get city\nZürich\n/);
	},
);

etcdTest('commands that break nodes or the network are refused in one line', async (t, cluster) => {
	const refusals = {
		'kill leader': 'not ours to break',
		'partition 0 | 1,2': 'not ours to break',
		'log 0': "etcd's log is not shown here",
		'snapshot 0': 'etcd takes its snapshots by itself',
	};
	for (const [command, reason] of Object.entries(refusals)) {
		const {status, errors} = await run(t, ['--engine', cluster.url('faults'), ...anyPort], `${command}\n`);
		t.is(status, 1);
		t.regex(errors, /^error: line 1: .*\n$/);
		t.true(errors.includes(reason), errors);
	}
});

etcdTest('the Redis port serves what is in etcd, a pipeline in its order', async (t, cluster) => {
	const running = launch(t, ['--engine', cluster.url('redis'), ...anyPort]);
	const port = await running.said(/Redis protocol on 127\.0\.0\.1:(\d+)/);
	const redis = new Redis(Number(port), '127.0.0.1');
	t.teardown(() => redis.disconnect());
	t.is(await redis.set('greeting', 'hello'), 'OK');
	const pipeline = redis.pipeline();
	for (let token = 0; token < 50; token++) pipeline.append('log', `${token},`);
	const replies = await pipeline.incr('n').get('log').mset('a', '1', 'b', '2').mget('a', 'b').exec();
	t.is(replies?.at(-3)?.[1], Array.from({length: 50}, (_, token) => `${token},`).join(''));
	t.deepEqual(replies?.at(-1)?.[1], ['1', '2']);
	t.regex(await redis.info(), /engine:etcd/);
	t.is(await redis.set('lock', 'mine', 'PX', 600_000, 'NX'), 'OK');
	t.is(await redis.set('lock', 'yours', 'PX', 600_000, 'NX'), null);
	t.true((await redis.ttl('lock')) > 500);
	t.is(await redis.expire('lock', 600, 'NX'), 0);
	t.is(await redis.persist('lock'), 1);
	t.is(await redis.ttl('lock'), -1);
	t.is(await redis.expire('lock', 0), 1);
	t.is(await redis.exists('lock'), 0);
	await t.throwsAsync(redis.expireat('greeting', 4_102_444_800), {message: /give it a time to live/});
	await t.throwsAsync(redis.expire('greeting', 600, 'GT'), {message: /not compared/});
	running.process.stdin?.end('get greeting\n');
	const {status, output} = await running.exit;
	t.is(status, 0);
	t.regex(output, /> get greeting\nhello\n/);
});

test.serial('a wrong engine URL is one line on stderr, and status 2', async t => {
	const {status, output, errors} = await run(t, ['--engine', 'http://127.0.0.1:2379'], '');
	t.is(status, 2);
	t.is(output, '');
	t.regex(errors, /^threadraft: .*write etcd:\/\/HOST:PORT.*\n$/);
});

test.serial('an etcd cluster that does not answer is told in one line, and within the deadline', async t => {
	const [port] = await freePorts(1);
	const startedAt = performance.now();
	const {status, output, errors} = await run(t, ['--engine', `etcd://127.0.0.1:${port}`, ...anyPort], 'get a\n');
	t.is(status, 1);
	t.is(output, '');
	t.regex(errors, /^threadraft: etcd at 127\.0\.0\.1:\d+ did not answer .*check the addresses.*\n$/);
	t.true(performance.now() - startedAt < 15_000);
});
