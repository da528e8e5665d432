/** The judge of `npm run redis-suite`, and the two shortest units of Redis' own tests where their source is at hand. */
import {spawnSync} from 'node:child_process';
import test from 'ava';
import {judgeUnit} from '../../bench/redis-suite/judge.js';
import {reportOf} from '../../bench/redis-suite/report.js';
import {keptSource, NoSourceError, redisSource, sourceFolder} from '../../bench/redis-suite/source.js';
import {type TestReport, runUnit} from '../../bench/redis-suite/unit-run.js';
import {needing} from '../needs.js';
import {openGateway} from '../redis/harness.js';

const ok = (name: string): TestReport => ({name, verdict: 'ok', details: ''});
const failed = (name: string, details: string): TestReport => ({
	name,
	verdict: 'failed',
	details: `${name}\n${details}`,
});

test('a test that Redis passes is judged by what it wants, and one that Redis fails is not', t => {
	const redis = {
		tests: [ok('a'), ok('b'), ok('c'), ok('d'), ok('e'), ok('f'), failed('g', 'x'), ok('h'), ok('i'), ok('j')],
		remarks: [],
	};
	const here = {
		tests: [
			ok('a'),
			failed('b', "ERR unknown command 'lpush', with args beginning with: 'k'"),
			failed('c', "ERR unknown command 'GETEX', with args beginning with: 'k'"),
			failed('d', "ERR unknown subcommand 'set'. Try CONFIG HELP."),
			{name: 'e', verdict: 'hung', details: ''} as const,
			failed('h', "ERR Unknown option or number of arguments for CONFIG SET - 'maxmemory-samples'"),
			failed('i', "ERR CONFIG SET failed (possibly related to argument 'maxmemory') - it cannot be changed here: why"),
			failed(
				'j',
				"ERR CONFIG SET failed (possibly related to argument 'notify-keyspace-events') - Invalid event class character",
			),
			ok('g'),
		],
		remarks: ['config set save: ERR', 'config set save: ERR'],
	};
	const judgement = judgeUnit('nosuch', redis, here);
	t.like(judgement, {tests: 10, okAtRedis: 9, okHere: 1, refused: ['config set save: ERR']});
	t.deepEqual(
		judgement.failures.map(({name, kind}) => [name, kind]),
		[
			['b', 'absent'],
			['c', 'fault'],
			['d', 'absent'],
			['e', 'fault'],
			['f', 'fault'],
			['h', 'absent'],
			['i', 'absent'],
			['j', 'fault'],
		],
	);
	t.regex(reportOf([judgement]), /^Of 5 tests that want no command beyond those offered, 1 are ok\.$/m);
	t.regex(reportOf([judgement]), /^\| nosuch \| 10 \| 9 \| 1 \| 4 \| 0 \| 4 \|$/m);
});

const known = 'Very big payload in GET/SET';

test('a known reason is given for a test that fails, and told as outdated when it is ok', t => {
	const redis = {tests: [ok(known)], remarks: []};
	const here = judgeUnit('type/string', redis, {tests: [failed(known, 'ERR')], remarks: []});
	t.deepEqual(here.failures, [{name: known, kind: 'different', reason: 'a value has at most 1 MiB'}]);
	t.false(here.outdated.includes(known));
	t.true(judgeUnit('type/string', redis, redis).outdated.includes(known));
});

const hasTcl = spawnSync('tclsh', [], {input: ''}).error === undefined;
const source = hasTcl && process.env['CI'] === 'true' ? await fetched() : keptSource();
const missing = source === undefined ? "the source of Redis is not there: 'npm run redis-suite' fetches it" : undefined;
const suiteTest = needing(hasTcl ? missing : 'tclsh is not installed: apt-get install tcl');

for (const [unit, wanted] of [
	['unit/quit', 3],
	['unit/type/incr', 22],
] as const)
	suiteTest(`${unit} of Redis' own tests finds no fault`, async t => {
		const {port} = await openGateway(t);
		const options = {source: source!, port, testMs: 60_000};
		const {tests} = await runUnit({...options, unit});
		t.is(tests.filter(({verdict}) => verdict === 'ok').length, wanted);
		const redis = {tests: tests.map(({name}) => ok(name)), remarks: []};
		t.deepEqual(
			judgeUnit(unit, redis, {tests, remarks: []}).failures.filter(({kind}) => kind === 'fault'),
			[],
		);
	});

/** CI has it fetched; where it cannot be had the tests skip. */
async function fetched(): Promise<string | undefined> {
	try {
		return await redisSource(sourceFolder);
	} catch (error) {
		if (error instanceof NoSourceError) return undefined;
		throw error;
	}
}
