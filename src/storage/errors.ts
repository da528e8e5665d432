/** What can go wrong with a node's storage. Each of these ends the node: it is for its owner to decide what is next. */
import {ThreadraftError} from '../base/errors.js';
import type {LogIndex} from '../raft/types.js';
import {nameOfOwner, type Identity} from './identity.js';
import type {CorruptionSite} from './storage.js';

/**
 * A read, write or sync failed, or the storage is closed: nothing is acknowledged any more (see `RaftStorage`).
 * The cause is the disk's own error.
 */
export class StorageFailedError extends ThreadraftError {
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

/**
 * What may be done about a node whose files cannot be trusted. Putting back an older copy of them, or an empty
 * directory, is what must not be done: the node would vote again where it has voted, and forget what it acknowledged.
 */
const safeWay =
	'Leave this node out: the others serve without it as long as they are a majority. Do not cut its files by hand, and do ' +
	'not put an older copy or an empty directory in their place: the node would have forgotten what it voted for and acknowledged. ' +
	'"threadraft inspect DIR" tells what each node holds; when no majority is left, "threadraft backup DIR FILE" and ' +
	'"threadraft restore FILE --dir NEW" are the way out';

/** Damage that no crash explains. Going on could lose acknowledged writes or give a second vote in one term. */
export class StorageCorruptError extends ThreadraftError implements CorruptionSite {
	override readonly name = 'StorageCorruptError';
	readonly code = 'ERR_STORAGE_CORRUPT';
	readonly file: string;
	readonly offset: number;
	readonly lastGoodIndex: LogIndex;

	constructor(what: string, site: CorruptionSite, options?: ErrorOptions) {
		super(
			`storage is damaged: ${what} (${site.file}, byte ${site.offset}; good up to index ${site.lastGoodIndex}). ` +
				`Nothing was changed. ${safeWay}`,
			options,
		);
		this.file = site.file;
		this.offset = site.offset;
		this.lastGoodIndex = site.lastGoodIndex;
	}
}

/** Why a data directory cannot be used. */
export type DataDirectoryCode =
	| 'ERR_DIRECTORY_IN_USE'
	| 'ERR_DIRECTORY_UNUSABLE'
	| 'ERR_STORAGE_FORMAT'
	/** A file is of another node, or of another cluster. */
	| 'ERR_STORAGE_FOREIGN'
	/** One part of the data is older than another: a part was put back from an older copy. */
	| 'ERR_STORAGE_STALE'
	/** A restore into it was interrupted. */
	| 'ERR_RESTORE_UNFINISHED';

/** The data directory cannot be used as it is; nothing in it was changed. */
export class DataDirectoryError extends ThreadraftError {
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

export const foreignFile = (file: string, found: Identity, wanted: Identity): DataDirectoryError =>
	new DataDirectoryError(
		'ERR_STORAGE_FOREIGN',
		file,
		`${file} is of ${nameOfOwner(found)}, and this is ${nameOfOwner(wanted)}: its files were put into the wrong ` +
			`directory. Nothing was changed. Put them back where they belong. If this node's own are gone: ${safeWay}`,
	);

/** `what`: which part is older than which. */
export const staleFile = (file: string, what: string): DataDirectoryError =>
	new DataDirectoryError(
		'ERR_STORAGE_STALE',
		file,
		`${what}: a part of the data was put back from an older copy. Nothing was changed. Only a copy of the whole data ` +
			`directory can be put back, made while nothing ran. ${safeWay}`,
	);

export const unknownVersion = (file: string, found: number, known: number): DataDirectoryError =>
	new DataDirectoryError(
		'ERR_STORAGE_FORMAT',
		file,
		`${file} has format version ${found}, and this program knows version ${known}: ` +
			'start it with the release that wrote it, or use another data directory',
	);
