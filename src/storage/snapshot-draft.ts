/** A snapshot from its first byte to a durable file that a batch may name. */
import {assert} from '../base/errors.js';
import type {Disk} from './disk.js';
import {StorageFailedError} from './errors.js';
import type {Identity} from './identity.js';
import {snapshotName, temporaryName} from './names.js';
import type {StoredSnapshot} from './record-codec.js';
import {SnapshotFileWriter} from './snapshot-file.js';
import type {Done, SnapshotWriter} from './storage.js';

/** What a draft needs of the storage that it belongs to. */
export interface DraftOwner {
	readonly disk: Disk;
	readonly identity: Identity;
	/** Why nothing can be written any more: it has failed, or is closed. */
	refusal(): StorageFailedError | undefined;
	/** Why nothing is acknowledged any more. */
	failure(): StorageFailedError | undefined;
	/** Poisons the storage. */
	fail(operation: string, file: string, cause: Error): StorageFailedError;
	/** The draft has come to rest: it no longer uses the disk. */
	rested(): void;
}

type Phase = 'open' | 'finishing' | 'finished' | 'gone';

export class SnapshotDraft implements SnapshotWriter {
	readonly stored: StoredSnapshot;
	readonly #owner: DraftOwner;
	readonly #name: string;
	readonly #file: SnapshotFileWriter;
	#phase: Phase = 'open';
	/** A chunk is being written, or the end of the file. */
	#isBusy = false;

	/** Throws the disk's error when the file cannot be created. */
	constructor(owner: DraftOwner, stored: StoredSnapshot) {
		this.#owner = owner;
		this.stored = stored;
		this.#name = temporaryName(stored.serial);
		this.#file = new SnapshotFileWriter(owner.disk.open(this.#name, {create: true}), owner.identity, stored);
	}

	get phase(): Phase {
		return this.#phase;
	}

	get isBusy(): boolean {
		return this.#isBusy;
	}

	write(data: Uint8Array, done: Done): void {
		if (this.#isRefused(done)) return;
		assert(this.#phase === 'open' && !this.#isBusy, 'chunks of a snapshot are written one at a time');
		this.#isBusy = true;
		this.#file.write(data, error => this.#completed(error, done));
	}

	finish(done: Done): void {
		if (this.#isRefused(done)) return;
		assert(this.#phase === 'open' && !this.#isBusy, 'a snapshot is finished once, after its last chunk');
		this.#phase = 'finishing';
		this.#isBusy = true;
		this.#file.finish(error => {
			this.#file.close();
			if (error !== undefined) this.#completed(error, done);
			else this.#publish(done);
		});
	}

	/** While a chunk is being written, the file goes when that has ended. */
	abort(): void {
		if (this.#phase !== 'open') return;
		this.#phase = 'gone';
		if (!this.#isBusy) this.#discard();
	}

	/** Nobody will name it any more. */
	giveUp(): void {
		if (this.#phase === 'finished') this.#removeFile(snapshotName(this.stored.serial));
		this.#phase = 'gone';
	}

	#isRefused(done: Done): boolean {
		const refusal = this.#owner.refusal();
		if (refusal !== undefined) done(refusal);
		return refusal !== undefined;
	}

	/** Gives the file its name, durably. */
	#publish(done: Done): void {
		try {
			this.#owner.disk.rename(this.#name, snapshotName(this.stored.serial));
		} catch (cause) {
			this.#completed(cause as Error, done);
			return;
		}
		this.#owner.disk.syncDirectory(failure => {
			if (failure === undefined) this.#phase = 'finished';
			this.#completed(failure, done);
		});
	}

	#completed(error: Error | undefined, done: Done): void {
		this.#isBusy = false;
		if (error !== undefined) {
			if (this.#phase !== 'finishing') this.#file.close();
			this.#phase = 'gone';
			const isTold = error instanceof StorageFailedError;
			done(isTold ? error : this.#owner.fail('writing a snapshot', this.#name, error));
		} else {
			if (this.#phase === 'gone') this.#discard();
			done(this.#owner.failure());
		}
		this.#owner.rested();
	}

	#discard(): void {
		this.#file.close();
		this.#removeFile(this.#name);
	}

	#removeFile(name: string): void {
		try {
			this.#owner.disk.remove(name);
		} catch (cause) {
			this.#owner.fail('removing', name, cause as Error);
		}
	}
}
