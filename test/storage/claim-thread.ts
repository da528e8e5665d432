/** Claims a directory as a thread of its own, says so, and holds on until it is ended. */
import {parentPort, workerData} from 'node:worker_threads';
import {claimDirectory} from '../../src/storage/directory-lock.js';

if (parentPort === null) throw new Error('claim-thread must be started as a worker thread');
const {directory, owner} = workerData as {readonly directory: string; readonly owner: string};
claimDirectory(directory, owner);
parentPort.postMessage('claimed');
setInterval(() => undefined, 60_000);
