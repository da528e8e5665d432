import {open} from 'node:fs/promises';

/** When it resolves, the names in the directory are durable. Rejects with the file system's error. */
export async function syncDirectory(directory: string): Promise<void> {
	const handle = await open(directory, 'r');
	try {
		await handle.sync();
	} finally {
		await handle.close();
	}
}
