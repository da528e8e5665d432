import {open, readdir, readFile, rm, writeFile} from 'node:fs/promises';
import path from 'node:path';
import test from 'ava';
import {talk} from '../redis/harness.js';
import {launch, run, temporaryDirectory} from './cli-process.js';

const anyPort = ['--redis-port', '0'];

test.serial('a script kills the leader, cuts off a minority, restarts, heals, and every answer is right', async t => {
	const directory = await temporaryDirectory(t);
	const script = [
		'put city Bern',
		'kill leader',
		'get city',
		'append city !',
		'restart all',
		'partition 0,1 | 2,3,4',
		'put city Genf',
		'cas city Genf Zürich',
		'delete nothing',
		'heal',
		'get city',
		'wait leader',
		'status',
	].join('\n');
	const {status, output, errors} = await run(t, ['--dir', directory, ...anyPort], script);
	t.is(errors, '');
	t.is(status, 0);
	const answers = output.split('\n');
	const answerTo = (line: string): string | undefined => answers[answers.lastIndexOf(`> ${line}`) + 1];
	t.is(answers[answers.indexOf('> get city') + 1], 'Bern');
	t.is(answerTo('append city !'), 'OK');
	t.is(answerTo('cas city Genf Zürich'), 'OK');
	t.is(answerTo('delete nothing'), '(absent)');
	t.is(answerTo('get city'), 'Zürich');
	// A node that was just cut off may still be asking for votes: each has its row, and one leads.
	t.is(output.match(/^│ +\d+ │ /gm)?.length, 5);
	t.regex(output, / leader /);
	t.false(output.includes('\u001B'), 'no colours but on a terminal');
});

test.serial(
	'disks and links are broken by a line each, listed, and healed; a node with a full disk comes back by itself',
	async t => {
		const directory = await temporaryDirectory(t);
		const script = [
			'wait leader',
			'put city Bern',
			'disk leader full',
			'put city Genf',
			'drop 5%',
			'isolate 0',
			'disk 1 slow 3',
			'faults',
			'heal',
			'drop off',
			'disk 0 ok',
			'disk 1 ok',
			'disk 2 ok',
			'faults',
			'restart all',
			'get city',
			'health',
		].join('\n');
		const {status, output, errors} = await run(t, ['--dir', directory, '--nodes', '3', ...anyPort], script);
		t.is(status, 0, errors);
		// What became of the node is told while it happens.
		t.regex(errors, /^node \d failed and is tried again in \d+ ms: .*ENOSPC/);
		t.regex(
			output,
			/> faults\n(?:disk \d: full \(heal diskFull \d\)\n)?5 % of messages lost between nodes \(heal loss\)\nnode 0 cut off from all other nodes \(heal isolate node:0\)\ndisk 1: fsync slow by .* \(heal slowSync 1\)\n> heal\nhealed: node 0 cut off from all other nodes\n/,
		);
		t.regex(output, /> faults\nno fault is set\n/);
		t.regex(output, /> get city\nGenf\n/);
		t.regex(output, /\nserving: 3 of 3 nodes are up/);
	},
);

test.serial(
	'clients work while the leader is killed and messages are lost, and what they saw is linearizable',
	async t => {
		const directory = await temporaryDirectory(t);
		const history = path.join(directory, 'history.jsonl');
		const refused = await run(t, ['--memory', '--nodes', '1', ...anyPort], 'load stop\n');
		t.is(refused.status, 1);
		t.is(refused.errors, 'error: line 1: there is no load: begin one with "load 8"\n');

		const {status, output, errors} = await run(
			t,
			['--memory', ...anyPort],
			`load start 4\nsleep 300\nkill leader\nsleep 700\ndrop 5%\nrestart all\nsleep 500\nload stop ${history}\n`,
		);
		t.is(errors, '');
		t.is(status, 0);
		const told =
			/\n(\d+) operations in \d+\.\d s \(\d+\/s\), p50 .*? ms(?:, (\d+) of unknown outcome)?(?:, \d+ not executed)?\nlinearizable: all \d+ operations since the start: .*; history in /;
		const [, operations, unknown = '0'] = told.exec(output) ?? t.fail(output) ?? [];
		// A head, then two lines for each operation: asked, and answered or given up.
		const {length} = (await readFile(history, 'utf8')).trim().split('\n');
		t.is(length, 1 + 2 * (Number(operations) + Number(unknown)));
	},
);

test.serial('a history that cannot be written is told with the verdict', async t => {
	const {status, errors} = await run(
		t,
		['--memory', ...anyPort],
		'load start 2\nsleep 100\nload stop /nowhere/h.jsonl\n',
	);
	t.is(status, 1);
	t.regex(
		errors,
		/^error: line 3: the verdict is ok, but the history cannot be written to \/nowhere\/h\.jsonl .*choose another file\n$/,
	);
});

test.serial('a load that is still running ends with the console', async t => {
	const {status, errors} = await run(t, ['--memory', ...anyPort], 'load start 2\nload start 2\n');
	t.is(status, 1);
	t.is(errors, 'error: line 2: a load is running: end it with "load stop"\n');
});

test.serial('what was acknowledged is there after a restart on the same directory', async t => {
	const directory = await temporaryDirectory(t);
	t.is((await run(t, ['--dir', directory, ...anyPort], 'put a 1\nappend a 2\n')).status, 0);
	const {output, status} = await run(t, ['--dir', directory, ...anyPort], 'get a\n');
	t.is(status, 0);
	t.regex(output, /> get a\n12\n/);
});

test.serial('a script ends at its first line that fails, with its number and a status that is not 0', async t => {
	const {status, output, errors} = await run(t, ['--memory', ...anyPort], 'put a 1\npput b 2\nput c 3\n');
	t.is(status, 1);
	t.regex(errors, /^error: line 2: .*did you mean "put"\?\n$/);
	t.notRegex(output, /put c 3/);
});

test.serial('a value over the limit is refused, and says so', async t => {
	const {status, errors} = await run(t, ['--memory', '--nodes', '1', ...anyPort], `put a ${'x'.repeat(2 ** 20 + 1)}\n`);
	t.is(status, 1);
	t.regex(errors, /^error: line 1: .*larger.*\n$/);
});

for (const [what, args] of [
	['an unknown option', ['--frobnicate']],
	['a number of nodes that makes no sense', ['--nodes', '0']],
	['a port that is none', ['--redis-port', '65536']],
	['a command that does not exist', ['strat']],
] as const) {
	test.serial(`${what} is one line on stderr, and status 2`, async t => {
		const {status, output, errors} = await run(t, args, '');
		t.is(status, 2);
		t.is(output, '');
		t.regex(errors, /^threadraft: .+\n$/);
	});
}

test.serial('a busy port and a directory in use are told in one line, and leave the first cluster alone', async t => {
	const directory = await temporaryDirectory(t);
	const first = launch(t, ['--dir', directory, ...anyPort]);
	const port = await first.said(/127\.0\.0\.1:(\d+)/);

	const sameDirectory = await run(t, ['--dir', directory, ...anyPort], 'quit\n');
	t.is(sameDirectory.status, 1);
	t.regex(sameDirectory.errors, /^threadraft: .*is in use by process \d+.*\n$/);

	const samePort = await run(t, ['--memory', '--redis-port', port], 'quit\n');
	t.is(samePort.status, 1);
	t.regex(samePort.errors, /^threadraft: port \d+ .*in use.*\n$/);

	const otherSize = await run(t, ['--dir', directory, '--nodes', '3', ...anyPort], 'quit\n');
	t.is(otherSize.status, 1);
	t.regex(otherSize.errors, /^threadraft: .*holds a cluster of 5 nodes, not 3.*\n$/);

	first.process.stdin?.end('put a 1\nget a\n');
	const {status, output} = await first.exit;
	t.is(status, 0);
	t.regex(output, /> get a\n1\n/);
});

test.serial('a directory that cannot be made is told in one line', async t => {
	const directory = await temporaryDirectory(t);
	const file = path.join(directory, 'file');
	await writeFile(file, '');
	const {status, errors} = await run(t, ['--dir', path.join(file, 'below'), ...anyPort], 'quit\n');
	t.is(status, 1);
	t.regex(errors, /^threadraft: .*cannot be used as a data directory.*\n$/);
});

test.serial('a log that was damaged in the middle is told with its place, and the other nodes serve', async t => {
	const directory = await temporaryDirectory(t);
	const script = `${Array.from({length: 50}, (_, token) => `append a ${token},`).join('\n')}\n`;
	t.is((await run(t, ['--dir', directory, ...anyPort], script)).status, 0);
	const node = path.join(directory, 'node-1');
	const log = (await readdir(node)).find(name => name.startsWith('log-'));
	const name = path.join(node, log ?? '');
	const bytes = await readFile(name);
	const file = await open(name, 'r+');
	// One bit in the first entries, which many others follow: no crash leaves that behind.
	const place = bytes.indexOf('1,');
	await file.write(Buffer.from([(bytes[place] ?? 0) ^ 1]), 0, 1, place);
	await file.close();
	const {status, output, errors} = await run(t, ['--dir', directory, ...anyPort], 'get a\nhealth\nstatus\nrestart 1\n');
	t.is(status, 1);
	const [told, restarted, ...rest] = errors.split('\n');
	t.true(told?.startsWith(`node 1 is damaged: ${name}, byte `), errors);
	t.regex(told ?? '', /, byte \d+: storage is damaged: /);
	t.regex(restarted ?? '', /^(?:node 1 is damaged|line 4: node 1: storage is damaged): /);
	t.true(rest.length <= 2, errors);
	t.regex(output, /> get a\n0,1,2,/);
	t.regex(output, /> health\ndegraded: 4 of 5 nodes are up, node \d leads\nnode 1 is damaged: /);
	t.regex(output, /│ +1 │ damaged /);
});

test.serial(
	'a node whose data is gone does not come back as an empty voter that has forgotten its votes; the others serve',
	async t => {
		const directory = await temporaryDirectory(t);
		t.is((await run(t, ['--dir', directory, '--nodes', '3', ...anyPort], 'put a 1\n')).status, 0);
		await rm(path.join(directory, 'node-2'), {recursive: true});
		const {status, output, errors} = await run(t, ['--dir', directory, '--nodes', '3', ...anyPort], 'get a\nhealth\n');
		t.is(status, 0);
		t.regex(errors, /^node 2 is damaged: .*node-2.*\n$/);
		t.regex(output, /> get a\n1\n> health\ndegraded: 2 of 3 nodes are up/);
	},
);

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
	test.serial(`${signal} stops it cleanly, in the middle of its work`, async t => {
		const directory = await temporaryDirectory(t);
		const running = launch(t, ['--dir', directory, ...anyPort]);
		const port = Number(await running.said(/127\.0\.0\.1:(\d+)/));
		running.process.stdin?.write('put a 1\n');
		await running.said(/> put a 1\n(OK)/);
		const told = await talk({port}, 'INFO keyspace\r\nCONFIG GET appendonly\r\nINFO memory\r\n');
		t.regex(told, /\r\ndb0:keys=1,expires=0,avg_ttl=0\r\n[^]*\r\nyes\r\n[^]*\r\nused_memory:[1-9]\d*\r\n/);
		running.process.kill(signal);
		const {status, errors} = await running.exit;
		t.is(status, signal === 'SIGINT' ? 130 : 143);
		t.is(errors, '');
		const again = await run(t, ['--dir', directory, ...anyPort], 'get a\n');
		t.regex(again.output, /> get a\n1\n/);
	});
}

test.serial('--help and --version answer without a cluster', async t => {
	const help = await run(t, ['--help'], '');
	t.is(help.status, 0);
	for (const option of ['--nodes', '--dir', '--memory', '--redis-port', 'check']) t.true(help.output.includes(option));
	const version = await run(t, ['--version'], '');
	t.regex(version.output, /^\d+\.\d+\.\d+\n$/);
});

test.serial(
	'a disk that is wiped, a clock that is wrong, cut links and a stalled disk are all healed by one line',
	async t => {
		const directory = await temporaryDirectory(t);
		const script = [
			'wait leader',
			'put city Bern',
			'wipe 2',
			'health',
			'clock 0 x1.5',
			'drop 5% 0->1',
			'disk 0 slow 1ms',
			'wipe 1',
		];
		const first = await run(t, ['--dir', directory, '--nodes', '3', ...anyPort], script.join('\n'));
		t.is(first.status, 1);
		t.regex(first.output, /> wipe 2\nnode 2 has an empty disk, and refuses to start on it/);
		t.regex(first.output, /> health\n.*2 of 3 nodes are up(?:.*\n)*node 2 is damaged: .*started 1 times/);
		t.regex(first.output + first.errors, /node 1 is not given an empty disk: the files of node 2 are gone already/);

		const rest = [
			'wait leader',
			...script.slice(2, -1),
			'status',
			'heal all',
			'restart 2',
			'get city',
			'faults',
			'health',
		];
		const {status, output, errors} = await run(t, ['--dir', directory, '--nodes', '3', ...anyPort], rest.join('\n'));
		t.is(status, 0, errors);
		t.regex(output, /│ +\* 0 │ up /);
		const healed = [
			'node 2 killed: its disk is empty',
			'clock 0: runs at 1.5 times its speed',
			'5 % of messages lost from node 0 to node 1',
			'disk 0: fsync slow by 1 ms',
		];
		t.true(output.includes(`> heal all\n${healed.map(fault => `healed: ${fault}\n`).join('')}`), output);
		t.regex(output, /> get city\nBern\n> faults\nno fault is set\n> health\n\w+: 3 of 3 nodes are up/);
	},
);
