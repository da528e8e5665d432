/** A process whose thread claims a directory and is ended; then the process says so, and lives on until its input ends. */
import {once} from 'node:events';
import {Worker} from 'node:worker_threads';

const [directory = '', owner = ''] = process.argv.slice(2);
const worker = new Worker(new URL('claim-thread.js', import.meta.url), {workerData: {directory, owner}});
await once(worker, 'message');
process.stdout.write('claimed\n');
await once(process.stdin, 'data');
await worker.terminate();
process.stdout.write('ended\n');
await once(process.stdin.resume(), 'end');
