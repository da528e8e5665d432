/** What redis-benchmark is run on: our gateway, and Redis alone, which replicates nothing. */
import path from 'node:path';
import {mkdir} from 'node:fs/promises';
import {startRedisGateway} from '../../actors/redis/gateway.js';
import {cpuClockWithEnded} from '../cpu.js';
import {RedisBenchmark} from './redis-benchmark.js';
import {ServerProcess, waitForPort} from './servers.js';
import type {RunningSystem, StartOptions} from './system.js';
import {ofBuild, startCluster} from './threadraft.js';

interface Gateways {
	readonly startRedisGateway: typeof startRedisGateway;
}

const startTimeoutMs = 10_000;

export async function startGateway(options: StartOptions): Promise<RunningSystem> {
	const cluster = await startCluster(options);
	const {build} = options;
	const code = build === undefined ? {startRedisGateway} : await ofBuild<Gateways>(build, 'actors/redis/gateway.js');
	const gateway = await code.startRedisGateway({client: cluster.clerk(), port: 0, info: async () => ({})});
	const benchmark = new RedisBenchmark(gateway.port, cpuClockWithEnded());
	await benchmark.fill();
	return {
		measure: load => benchmark.measure(load),
		async stop() {
			await gateway.close();
			await cluster.close();
		},
	};
}

export async function startRedis({durability, directory, ports: [port]}: StartOptions): Promise<RunningSystem> {
	await mkdir(path.join(directory, 'redis'), {recursive: true});
	const where = ['--port', String(port), '--bind', '127.0.0.1', '--dir', path.join(directory, 'redis'), '--save', ''];
	const log = durability === 'durable' ? ['--appendonly', 'yes', '--appendfsync', 'always'] : ['--appendonly', 'no'];
	const server = new ServerProcess('redis-server', [...where, ...log]);
	const benchmark = new RedisBenchmark(port!, cpuClockWithEnded([server.pid]));
	// Not by redis-benchmark itself: where nobody listens, it spins for ever.
	await Promise.race([waitForPort('Redis does not listen', startTimeoutMs, port!), server.died]);
	await benchmark.fill();
	return {measure: load => benchmark.measure(load), stop: () => server.stop()};
}
