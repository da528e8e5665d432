/** What `npm run client-specs` runs, and how it reads what mocha says; the specs themselves are fetched by the command. */
import {mkdtempSync, mkdirSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import test from 'ava';
import {commandTable} from '../../actors/redis/commands/table.js';
import {knownReasonsOf} from '../../bench/client-specs/known-reasons.js';
import {isOffered} from '../../bench/client-specs/offered.js';
import {runReaching} from '../../bench/client-specs/spec-run.js';
import {type SpecSuite, specSuites} from '../../bench/client-specs/suites.js';

const [ioredis, nodeRedis] = specSuites as [SpecSuite, SpecSuite];

test('the specs of commands that the port offers are run, and no others', t => {
	const offered = (suite: SpecSuite, file: string): boolean => isOffered(commandTable, suite.commandOf(file));
	for (const file of ['get.ts', 'bitfield_ro.ts', 'client.ts']) t.true(offered(ioredis, file), file);
	for (const file of ['lpush.ts', 'zadd.ts']) t.false(offered(ioredis, file), file);
	for (const name of ['GETEX', 'BITFIELD_RO', 'CLIENT_NO-EVICT', 'LCS_IDX', 'OBJECT_ENCODING', 'COMMAND'])
		t.true(offered(nodeRedis, `${name}.spec.ts`), name);
	for (const name of ['HSET', 'CLIENT_PAUSE', 'generic-transformers'])
		t.false(offered(nodeRedis, `${name}.spec.ts`), name);
});

test('a known reason is that of the client, by the name of the test', t => {
	const names = ['wait (RESP2/legacy) returns', 'get returns'];
	t.deepEqual(Object.keys(knownReasonsOf('ioredis', names)), names.slice(0, 1));
	t.deepEqual(knownReasonsOf('node-redis', names), {});
});

/** Says what mocha would, of these tests: some of them are asked for alone. */
const mocha = `
const {writeFileSync} = require('node:fs');
const args = process.argv;
const output = args.find(arg => arg.startsWith('output=')).slice('output='.length);
const only = args.includes('--fgrep') ? args[args.indexOf('--fgrep') + 1] : undefined;
const test = (fullTitle, message) => ({fullTitle, err: message === undefined ? {} : {message}});
const passes = [test('a is ok'), test('a is ok')];
const pending = [test('a is left out')];
const failures = [test('a fails', 'ERR unknown command'), test('"after each" hook in "{root}"', 'broken')];
const alone = {
	'a comes late': {tests: [test('a comes late')], passes: [test('a comes late')], pending: [], failures: []},
	'b has no server': {tests: [], passes: [], pending: [], failures: [test('b "before each" hook for "has no server"', 'ERR no')]},
};
const whole = {tests: [...passes, ...pending, failures[0]], passes, pending, failures};
writeFileSync(output, JSON.stringify(only === undefined ? whole : (alone[only] ?? {tests: [], passes: [], pending: [], failures: []})));
writeFileSync(process.env.SPEC_ASKED, JSON.stringify(['a is ok']));
`;

test('what was not reached is run alone; tests of one name are numbered', async t => {
	const root = mkdtempSync(path.join(tmpdir(), 'threadraft-specs-'));
	t.teardown(() => rmSync(root, {recursive: true}));
	mkdirSync(path.join(root, 'node_modules/mocha/bin'), {recursive: true});
	writeFileSync(path.join(root, 'node_modules/mocha/bin/mocha.js'), mocha);
	const unit = {suite: ioredis, root, title: 'x', files: []};
	const names = ['a is ok', 'a is ok (2)', 'a fails', 'a comes late', 'b has no server', 'c is nowhere'];
	const report = await runReaching(names, unit, {open: 1, withPassword: undefined}, root);
	t.deepEqual(report.tests, [
		{name: 'a is ok', verdict: 'ok', details: 'a is ok\n'},
		{name: 'a is ok (2)', verdict: 'ok', details: 'a is ok\n'},
		{name: 'a fails', verdict: 'failed', details: 'a fails\nERR unknown command'},
		{name: 'a comes late', verdict: 'ok', details: 'a comes late\n'},
		{name: 'b has no server', verdict: 'failed', details: 'b "before each" hook for "has no server"\nERR no'},
	]);
	t.deepEqual([...report.asked], ['a is ok', 'a is ok (2)']);
});
