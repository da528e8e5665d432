/** The textbook's scene at a terminal, on a real cluster. */
import test from 'ava';
import {ClusterTarget} from '../../actors/cli/cluster-target.js';
import {Cluster} from '../../actors/cluster/cluster.js';
import {startRedisGateway} from '../../actors/redis/gateway.js';
import {TerminalOf} from '../console/terminal.js';

async function startTerminal(): Promise<TerminalOf<ClusterTarget>> {
	const cluster = await Cluster.start({nodes: 5});
	await cluster.waitForLeader(60_000);
	const gateway = await startRedisGateway({
		client: cluster.clerk(),
		info: () => Promise.resolve({}),
		host: '127.0.0.1',
		port: 0,
	});
	return new TerminalOf(new ClusterTarget(cluster, gateway));
}

test.serial('with three of five nodes killed a put waits, says on what, and commits when one is back', async t => {
	const terminal = await startTerminal();
	await terminal.reads('> ');
	// All at once, as one pastes it.
	terminal.type('kill 0\rkill 1\rkill 2\rput x y\rget x\rstatus\rrestart 1\r');
	await terminal.reads('put x y waits: no majority of the nodes is up: 2 of the 3 that are needed\n');
	await terminal.reads('get x waits: it comes after #');
	await terminal.reads('┘\n');
	t.regex(await terminal.reads('put x y: OK after '), /restart 1/);
	await terminal.reads('get x: y after ');
	t.is(await terminal.quit(), 0);
});

test.serial('a put that was cancelled before any node could take it is never carried out', async t => {
	const terminal = await startTerminal();
	await terminal.reads('> ');
	terminal.type('kill 0\rkill 1\rkill 2\rkill 3\rkill 4\rput x y\r');
	await terminal.reads('put x y waits: no majority of the nodes is up: 0 of the 3 that are needed\n');
	terminal.type('cancel\r');
	await terminal.reads('error: cancelled; it may still take effect\n');
	terminal.type('restart all\rwait leader\r');
	await terminal.reads('leads\n');
	// A client that went on would have written it by then: it asks again within 25 ms.
	terminal.type('sleep 1s\rget x\rappend end re\rappend end ad\rget end\r');
	// Only an answer has this word: by then x was read, whether in the foreground or behind.
	t.regex(await terminal.reads('read'), /\(absent\)/);
	t.is(await terminal.quit(), 0);
});
