/** Starts a cluster when it is told to, says how that went, and closes it when its input ends. */
import {once} from 'node:events';
import {Cluster} from '../../actors/index.js';

const [directory = ''] = process.argv.slice(2);
process.stdout.write('ready\n');
await once(process.stdin, 'data');
try {
	const cluster = await Cluster.start({nodes: 3, directory});
	process.stdout.write('started\n');
	await once(process.stdin.resume(), 'end');
	await cluster.close();
} catch (error) {
	process.stdout.write(`${String((error as {code?: unknown}).code)}\n`);
}
