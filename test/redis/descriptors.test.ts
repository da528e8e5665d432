import {once} from 'node:events';
import {connect, type Socket} from 'node:net';
import test from 'ava';
import {clientsWithin, descriptorsOfProcess, parseProcLimits} from '../../actors/redis/descriptors.js';
import {launch, temporaryDirectory} from '../cli/cli-process.js';
import {needing} from '../needs.js';
import {readToEnd, request, talk} from './harness.js';

test('the limit of open files is read from what the system tells', t => {
	const text =
		'Limit                     Soft Limit           Hard Limit           Units     \nMax open files            160                  4096                 files     \n';
	t.is(parseProcLimits(text), 160);
	t.is(parseProcLimits(text.replace('160 ', 'unlimited ')), undefined);
	t.is(parseProcLimits(''), undefined);
});

test('there are as many clients as descriptors are left, and never none', t => {
	t.is(clientsWithin({max: 160, open: 28}, 32, 10_000), 100);
	t.is(clientsWithin({max: 20_000, open: 28}, 32, 10_000), 10_000);
	t.is(clientsWithin({max: undefined, open: 28}, 32, 10_000), 10_000);
	t.is(clientsWithin({max: 64, open: 64}, 32, 10_000), 1);
});

const limitTest = needing(process.platform === 'linux' ? undefined : 'this system need not tell its limit');

limitTest('this process has a limit, and fewer files open', t => {
	const {max, open} = descriptorsOfProcess();
	t.true(max !== undefined && open > 0 && open < max);
});

/** The first bytes that come, or all if the other side ends before. */
async function firstReply(socket: Socket): Promise<string> {
	const [chunk] = (await once(socket, 'data')) as [Buffer];
	return chunk.toString('latin1');
}

test('with few descriptors there are fewer clients, the others are told so, and the log goes on into its next segments', async t => {
	const directory = await temporaryDirectory(t);
	const running = launch(
		t,
		['start', '--nodes', '1', '--dir', directory, '--redis-port', '0'],
		['/bin/sh', '-c', 'ulimit -n 180 && exec "$0" "$@"'],
	);
	const port = Number(await running.said(/Redis protocol on 127\.0\.0\.1:(\d+)/));
	const info = await talk({port}, 'INFO clients\r\n');
	const clientsMax = Number(/maxclients:(\d+)/.exec(info)?.[1]);
	t.true(clientsMax > 20 && clientsMax < 180, String(clientsMax));

	const sockets = Array.from({length: clientsMax + 60}, () => connect({port, host: '127.0.0.1'}));
	t.teardown(() => sockets.forEach(socket => socket.destroy()));
	for (const socket of sockets) socket.on('error', () => undefined).write('PING\r\n');
	const replies = await Promise.all(sockets.map(socket => firstReply(socket)));
	const refused = replies.filter(reply => reply.startsWith('-ERR max number of clients reached\r\n'));
	const served = sockets.filter((_, place) => replies[place] === '+PONG\r\n');
	t.is(served.length, clientsMax);
	t.is(refused.length, 60);

	// 40 MB: the log is continued in more than one new file, while the descriptors are taken.
	const [writer] = served as [Socket];
	const value = 'v'.repeat(400_000);
	for (let written = 0; written < 100; written++) {
		writer.write(request('SET', 'k', value));
		t.is(await firstReply(writer), '+OK\r\n');
	}
	writer.end('QUIT\r\n');
	t.is(await readToEnd(writer), '+OK\r\n');
	running.process.stdin?.end('get none\nquit\n');
	const {status, errors} = await running.exit;
	t.is(status, 0);
	t.is(
		errors,
		`the Redis port takes ${clientsMax} connections at once instead of 10000, because the process may open 180 files: raise "ulimit -n" for more\n`,
	);
});
