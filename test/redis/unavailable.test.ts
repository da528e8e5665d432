import test from 'ava';
import {launch, temporaryDirectory} from '../cli/cli-process.js';
import {ClusterUnavailableError} from '../../actors/cluster/errors.js';
import {openGateway, talk, talkUntil} from './harness.js';

const refusing = (availability: 'down' | 'loading') => ({
	execute: () => Promise.reject(new ClusterUnavailableError(availability)),
});

test('a cluster that is down answers reads and writes with CLUSTERDOWN, and PING with PONG, as Redis Cluster does', async t => {
	const gateway = await openGateway(t, {client: refusing('down')});
	const replies = (await talk(gateway, 'SET a 1\r\nGET a\r\nMGET a b\r\nINCR a\r\nPING\r\nPING hello\r\n')).split(
		'\r\n',
	);
	for (const reply of replies.slice(0, 4)) t.regex(reply, /^-CLUSTERDOWN The cluster is down: .*had no effect/);
	t.deepEqual(replies.slice(4), ['+PONG', '$5', 'hello', '']);
	t.regex(await talk(gateway, 'INFO persistence\r\n'), /\r\nloading:0\r\n/);
});

test('a cluster that is loading answers with LOADING, PING too, and INFO says so, as Redis does while it loads', async t => {
	const gateway = await openGateway(t, {client: refusing('loading'), isLoading: () => true});
	const replies = (await talk(gateway, 'SET a 1\r\nGET a\r\nPING\r\nPING hello\r\n')).split('\r\n');
	t.is(replies.length, 5);
	for (const reply of replies.slice(0, 4)) t.regex(reply, /^-LOADING /);
	t.regex(await talk(gateway, 'INFO persistence\r\n'), /\r\nloading:1\r\n/);
});

test('a real cluster without a majority says CLUSTERDOWN and shows its nodes in INFO, and serves again when they are back', async t => {
	const directory = await temporaryDirectory(t);
	const running = launch(t, ['--dir', directory, '--nodes', '3', '--redis-port', '0']);
	const port = Number(await running.said(/127\.0\.0\.1:(\d+)/));
	await talkUntil(port, 'SET a 1', text => text.startsWith('+OK'));
	running.process.stdin?.write('kill 0\nkill 1\nhealth\n');
	await running.said(/(down: 1 of 3 nodes are up)/);
	const replies = await talk({port}, 'SET a 2\r\nGET a\r\nPING\r\n');
	t.regex(replies, /^-CLUSTERDOWN .*\r\n-CLUSTERDOWN .*\r\n\+PONG\r\n$/);
	const info = await talk({port}, 'INFO raft\r\n');
	t.regex(info, /\r\nhealth:down\r\nnodes:3\r\nnodes_up:1\r\n/);
	t.regex(info, /\r\nnode0:state=down\r\n/);
	running.process.stdin?.write('restart all\nwait leader\nhealth\n');
	await running.said(/(serving: 3 of 3 nodes are up, node \d leads)/);
	t.is(await talkUntil(port, 'GET a', text => text.startsWith('$')), '$1\r\n1\r\n');
});
