/** A record as a file on the disk. */
import {writeFile} from 'node:fs/promises';
import {ThreadraftError} from '../../src/base/errors.js';
import type {ClusterRecord} from './cluster-record.js';
import {recordText} from './record-lines.js';

/** The file cannot be written, or is there already. */
class RecordFileError extends ThreadraftError {
	override readonly name = 'RecordFileError';
	readonly code = 'ERR_RECORD_FILE';
	readonly file: string;

	constructor(file: string, what: string, cause: unknown) {
		super(`${file}: ${what}`, {cause});
		this.file = file;
	}
}

/** A file that exists is not written over. @throws {RecordFileError} */
export async function writeRecord(file: string, record: ClusterRecord): Promise<void> {
	try {
		await writeFile(file, recordText(record), {flag: 'wx'});
	} catch (error) {
		const {code, message} = error as NodeJS.ErrnoException;
		const why = code === 'EEXIST' ? 'it exists: choose another name' : `the record cannot be written: ${message}`;
		throw new RecordFileError(file, why, error);
	}
}
