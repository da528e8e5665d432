/** A cluster that lives in a worker thread, writes once, and is there until the thread is ended. */
import {parentPort, workerData} from 'node:worker_threads';
import {Cluster} from '../../actors/index.js';

if (parentPort === null) throw new Error('cluster-thread must be started as a worker thread');
const {directory, token} = workerData as {readonly directory: string; readonly token: string};
try {
	const cluster = await Cluster.start({nodes: 3, directory});
	const clerk = cluster.clerk();
	await clerk.append('tokens', token);
	parentPort.postMessage(await clerk.getText('tokens'));
} catch (error) {
	parentPort.postMessage(String(error));
}
