/** A cluster behind the Redis port, whose leaders are killed while clients work. */
import type {ExecutionContext} from 'ava';
import {Redis} from 'ioredis';
import {Cluster, startRedisGateway} from '../../actors/index.js';

export async function openCluster(t: ExecutionContext): Promise<{cluster: Cluster; connect: () => Redis}> {
	// With so little room for the log there are snapshots all the time, and what clients rely on is in them.
	const cluster = await Cluster.start({nodes: 3, maxRaftState: 20_000});
	const clerk = cluster.clerk({timeoutMs: 60_000});
	const gateway = await startRedisGateway({client: clerk, port: 0, info: () => Promise.resolve({})});
	const connections: Redis[] = [];
	t.teardown(async () => {
		for (const connection of connections) connection.disconnect();
		await gateway.close();
		await cluster.close();
	});
	const connect = (): Redis => {
		const connection = new Redis(gateway.port, '127.0.0.1');
		connections.push(connection);
		return connection;
	};
	return {cluster, connect};
}

/** Kills the leader when so much is done, twice, and starts it again. */
export async function killLeaders(cluster: Cluster, shareDone: () => number): Promise<void> {
	for (const share of [0.2, 0.6]) {
		while (shareDone() < share) await new Promise(resolve => void setTimeout(resolve, 1));
		const leader = await cluster.waitForLeader(10_000);
		await cluster.kill(leader);
		await cluster.restart(leader);
	}
}
