import {ThreadraftError} from '../../src/base/errors.js';

/** Why a backup’s file cannot be used. */
export type BackupFileCode =
	/** The file is no backup. */
	| 'ERR_BACKUP_FOREIGN'
	/** A newer release made it. */
	| 'ERR_BACKUP_VERSION'
	/** Bytes of it are missing, are more, or have changed. */
	| 'ERR_BACKUP_DAMAGED'
	/** It is of another state machine than the one that was named. */
	| 'ERR_BACKUP_MACHINE'
	/** There is a file of this name already. */
	| 'ERR_BACKUP_EXISTS'
	/** It cannot be read, or cannot be written: the cause says why. */
	| 'ERR_BACKUP_UNUSABLE';

/** A backup's file cannot be used as it is; it was not changed. */
export class BackupFileError extends ThreadraftError {
	override readonly name = 'BackupFileError';
	readonly code: BackupFileCode;
	readonly file: string;

	constructor(code: BackupFileCode, file: string, message: string, options?: ErrorOptions) {
		super(message, options);
		this.code = code;
		this.file = file;
	}
}

/** Why no backup was made. */
export type BackupCode =
	/** Fewer than a majority of the nodes can be read: what only the others acknowledged would be missing. */
	| 'ERR_BACKUP_PARTIAL'
	/** No node can be read, or none holds an entry: there is nothing to back up. */
	| 'ERR_BACKUP_NOTHING'
	/** The directory is of another state machine than the one that was named. */
	| 'ERR_BACKUP_MACHINE'
	/** No node could give a snapshot in time. */
	| 'ERR_BACKUP_TIMEOUT';

/** No backup was made. */
export class BackupError extends ThreadraftError {
	override readonly name = 'BackupError';
	readonly code: BackupCode;

	constructor(code: BackupCode, message: string, options?: ErrorOptions) {
		super(message, options);
		this.code = code;
	}
}
