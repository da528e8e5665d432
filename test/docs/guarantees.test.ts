/** The documents promise; here is held that what they name is there: tests, pages and numbers. */
import {existsSync, readFileSync, statSync} from 'node:fs';
import test from 'ava';
import {defaultRedisLimits} from '../../actors/redis/limits.js';
import {defaultSessionLimits} from '../../src/service/sessions.js';
import {defaultKvLimits} from '../../src/kv/limits.js';
import {defaultRaftLimits} from '../../src/raft/options.js';
import {brokenPromises, deadLinks} from './promises.js';

const root = new URL('../../../', import.meta.url);

function read(file: string): string | undefined {
	const url = new URL(file, root);
	if (!existsSync(url)) return undefined;
	return statSync(url).isDirectory() ? '' : readFileSync(url, 'utf8');
}

for (const page of ['docs/guarantees.md', 'SECURITY.md']) {
	test(`each promise of ${page} names tests, and they exist`, t => {
		t.deepEqual(brokenPromises(read(page) ?? '', read), []);
	});
}

test('a promise without a test, and a test that does not exist, are found', t => {
	const files: Readonly<Record<string, string>> = {
		'test/a.test.ts': "test('it\\'s held', t => {}); test(`after ${count} of ${what}`, t => {});",
	};
	const problems = (tests: string): readonly string[] =>
		brokenPromises(`| promise | tests |\n|---|---|\n| **Held**: a. | ${tests} |\n`, file => files[file]);
	t.deepEqual(problems("`test/a.test.ts`: it's held<br>`test/a.test.ts`: after … of …"), []);
	t.deepEqual(problems('`test/a.test.ts`: held'), ['test/a.test.ts has no test "held"']);
	t.deepEqual(problems('`test/a.test.ts`: after … of'), ['test/a.test.ts has no test "after … of"']);
	t.deepEqual(problems("`test/b.test.ts`: it's held"), ['test/b.test.ts has no test "it\'s held"']);
	t.regex(problems('some tests')[0]!, /^no test: \*\*Held/);
	t.is(problems("`test/a.test.ts` it's held").length, 2, 'no test, and one in another form');
	t.deepEqual(
		brokenPromises('nothing', () => ''),
		['there is no promise'],
	);
});

test('links between the documents lead somewhere', t => {
	for (const page of [
		'CONTRIBUTING.md',
		'bench/results/mutants.md',
		'bench/results/notebook.md',
		'docs/glossary.md',
		'README.md',
		'SECURITY.md',
		'CHANGELOG.md',
		'docs/actors.md',
		'docs/architecture.md',
		'docs/checker.md',
		'docs/console.md',
		'docs/etcd-engine.md',
		'docs/guarantees.md',
		'docs/invariants.md',
		'docs/library.md',
		'docs/redis-port.md',
		'docs/simulator.md',
		'docs/state-machines.md',
		'docs/storage.md',
		'bench/README.md',
		'src/linearizability/README.md',
	]) {
		t.true(read(page) !== undefined, page);
		t.deepEqual(deadLinks(page, read), []);
	}
	const pages: Readonly<Record<string, string>> = {
		'a.md': '[b](docs/b.md#is-it-so) [c](c.md)',
		'docs/b.md': '# Is it so?',
	};
	t.deepEqual(
		deadLinks('a.md', file => pages[file]),
		['a.md links to c.md'],
	);
	t.deepEqual(
		deadLinks('a.md', file => ({...pages, 'docs/b.md': '# It is', 'c.md': ''})[file]),
		['a.md links to docs/b.md#is-it-so'],
	);
});

test('a newcomer can read the README in one go: it has at most 900 words', t => {
	const words = read('README.md')?.trim().split(/\s+/) ?? [];
	t.true(words.length > 0 && words.length <= 900, `${words.length} words`);
});

test('the numbers in the documents are those of the code', t => {
	const KiB = (bytes: number): string => `${bytes / 1024} KiB`;
	const MiB = (bytes: number): string => `${bytes / 1024 ** 2} MiB`;
	const {electionTimeoutMs} = defaultRaftLimits;
	const parts = `${defaultRedisLimits.requestPartsMax.toLocaleString('en')} arguments, ${MiB(defaultRedisLimits.requestBytesMax)}`;
	const guarantees = [
		`A key at the Redis port: ${KiB(defaultRedisLimits.keyBytesMax)}. A value: ${MiB(defaultKvLimits.valueBytesMax)}.`,
		`A request: ${parts}, ${MiB(defaultRedisLimits.bulkBytesMax)} each`,
		`${MiB(defaultRaftLimits.unappliedBytesMax)} of log`,
		`${MiB(defaultRedisLimits.waitingRequestsBytesMax)} of requests and ${MiB(defaultRedisLimits.unreadRepliesBytesMax)} of replies`,
		`leaves more than ${MiB(defaultRedisLimits.unreadMessagesBytesMax)} of messages unread, or more than ${MiB(defaultRedisLimits.slowMessagesBytesMax)} for a minute`,
		`the longest silent one when ${defaultSessionLimits.sessionsMax.toLocaleString('en')} are open`,
		`${electionTimeoutMs} to ${electionTimeoutMs * 1.5} ms`,
	];
	const security = [
		`A request: ${parts}.`,
		`requests that wait (${MiB(defaultRedisLimits.waitingRequestsBytesMax)})`,
		`replies that are not read (${MiB(defaultRedisLimits.unreadRepliesBytesMax)})`,
		`more than ${MiB(defaultRedisLimits.unreadRepliesPauseBytes)} unread for a minute`,
		`beyond ${defaultRedisLimits.clientsMax.toLocaleString('en')},`,
	];
	t.is(defaultSessionLimits.sessionTimeoutMs, 10 * 60_000, 'ten minutes');
	t.is(defaultRedisLimits.unreadRepliesTimeoutMs, 60_000, 'a minute');
	t.is(defaultRedisLimits.slowMessagesMs, 60_000, 'a minute');
	for (const [page, numbers] of Object.entries({'docs/guarantees.md': guarantees, 'SECURITY.md': security})) {
		const text = read(page) ?? '';
		for (const number of numbers) t.true(text.includes(number), `${page}: ${number}`);
	}
});

test('the versions of Node in the documents are those of package.json and of the script that tests them', t => {
	const {engines} = JSON.parse(read('package.json') ?? '') as {engines: {node: string}};
	const oldest = engines.node.replace('>=', '');
	const tested = /versions=\(([\d ]+)\)/.exec(read('.ci/node-versions') ?? '')?.[1]?.split(' ') ?? [];
	const versions = `${tested.slice(0, -1).join(', ')} and ${tested.at(-1)}`;
	t.true(read('README.md')?.includes(`Node ${oldest} or newer; tested under ${versions}.`));
	t.true(
		read('docs/guarantees.md')?.includes(
			`**Node** ${oldest} or newer: \`.ci/node-versions\` runs the tests under ${versions}.`,
		),
	);
});
