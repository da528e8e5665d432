/** Claims a directory as a process of its own; says how it went, and holds on until its input ends. */
import {NodeDisk} from '../../src/storage/node-disk.js';
import {DataDirectoryError} from '../../src/storage/errors.js';

const [directory = '', owner = ''] = process.argv.slice(2);
const disk = new NodeDisk({directory, sync: false, now: () => performance.now(), owner});
process.stdout.write('ready\n');
process.stdin.once('data', () => {
	try {
		disk.lock();
		process.stdout.write('claimed\n');
	} catch (error) {
		process.stdout.write(error instanceof DataDirectoryError ? `${error.code}\n` : `${String(error)}\n`);
	}
});
