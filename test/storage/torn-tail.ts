/** Makes the log of a node that crashed end as if the crash had come in the middle of one more flush. */
import {readdirSync, readFileSync, writeFileSync} from 'node:fs';
import path from 'node:path';

export interface TornTail {
	readonly file: string;
	/** Where the log's last whole flush ends, bytes from the start of the file. */
	readonly offset: number;
	readonly bytes: number;
}

const frameAlignment = 32;
/** The head of a flush that is there in part: it lies in one sector with zeros behind it. */
const tornHead = new Uint8Array(24).fill(0xab);

/** `folder` is a node's directory, and nothing runs in it. */
export function tearTail(folder: string): TornTail {
	const file = readdirSync(folder)
		.filter(name => /^log-\d+$/.test(name))
		.sort()
		.at(-1);
	if (file === undefined) throw new Error(`${folder} holds no log`);
	const bytes = readFileSync(path.join(folder, file));
	// Each flush ends with a mark that is not zero, and zeros up to where the next would start.
	const offset = Math.ceil((bytes.findLastIndex(byte => byte !== 0) + 1) / frameAlignment) * frameAlignment;
	const torn = new Uint8Array(Math.max(bytes.length, offset + tornHead.length));
	torn.set(bytes);
	torn.set(tornHead, offset);
	writeFileSync(path.join(folder, file), torn);
	return {file, offset, bytes: tornHead.length};
}
