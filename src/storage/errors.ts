/** What can go wrong with a node's storage. Each of these ends the node: it is for its owner to decide what is next. */
import {RaftError} from '../raft/errors.js';
import type {LogIndex} from '../raft/types.js';
import type {CorruptionSite} from './storage.js';

/**
 * A read, write or sync failed, or the storage is closed: nothing is acknowledged any more (see `RaftStorage`).
 * The cause is the disk's own error.
 */
export class StorageFailedError extends RaftError {
	override readonly name = 'StorageFailedError';
	readonly code = 'ERR_STORAGE_FAILED';
	/** What was being done. */
	readonly operation: string;
	/** The file at fault, where one is known. */
	readonly file: string | undefined;

	constructor(operation: string, file: string | undefined, options?: ErrorOptions) {
		const cause = options?.cause instanceof Error ? `: ${options.cause.message}` : '';
		super(
			`storage failed: ${operation}${file === undefined ? '' : ` of ${file}`}${cause}. ` +
				'Nothing is acknowledged any more; check the disk, then restart the node: it recovers what is durable',
			options,
		);
		this.operation = operation;
		this.file = file;
	}
}

/** Damage that no crash explains. Going on could lose acknowledged writes or give a second vote in one term. */
export class StorageCorruptError extends RaftError implements CorruptionSite {
	override readonly name = 'StorageCorruptError';
	readonly code = 'ERR_STORAGE_CORRUPT';
	readonly file: string;
	readonly offset: number;
	readonly lastGoodIndex: LogIndex;

	constructor(what: string, site: CorruptionSite, options?: ErrorOptions) {
		super(
			`storage is damaged: ${what} (${site.file}, byte ${site.offset}; good up to index ${site.lastGoodIndex}). ` +
				'Nothing was changed. Restore the damaged file; do not cut the log by hand, and do not start this node ' +
				'with an empty directory: it would have forgotten what it voted for and acknowledged',
			options,
		);
		this.file = site.file;
		this.offset = site.offset;
		this.lastGoodIndex = site.lastGoodIndex;
	}
}

export type DataDirectoryCode = 'ERR_DIRECTORY_IN_USE' | 'ERR_DIRECTORY_UNUSABLE' | 'ERR_STORAGE_FORMAT';

/** The data directory cannot be used as it is; nothing in it was changed. */
export class DataDirectoryError extends RaftError {
	override readonly name = 'DataDirectoryError';
	readonly code: DataDirectoryCode;
	/** The directory, or the file in it that is at fault. */
	readonly path: string;

	constructor(code: DataDirectoryCode, path: string, message: string, options?: ErrorOptions) {
		super(message, options);
		this.code = code;
		this.path = path;
	}
}
