/**
 * Stands between NodeDisk and the kernel: writes down each call that changes a directory, and can let one of them fail or
 * take less than it was given. It replaces functions of `node:fs`, so it belongs into a process of its own.
 */
import fs from 'node:fs';
import {syncBuiltinESMExports} from 'node:module';
import {basename, dirname} from 'node:path';
import {type DiskCall, theDirectory} from './promises.js';

/** What is to go wrong once. */
export interface Trouble {
	/** Counted from 0 over the calls of these types. */
	readonly place: number;
	/** A call that fails with EIO; or a write that takes one byte, and the one behind it three. */
	readonly type: 'error' | 'shortWrite';
}

type Details = {readonly type: DiskCall['type']} & Record<string, unknown>;
type Callback = (error: Error | null, ...results: unknown[]) => void;
type AnyFunction = (...args: never[]) => unknown;

export class RecordedCalls {
	readonly calls: DiskCall[] = [];
	/** Of the calls in `directory`. */
	readonly #names = new Map<number, string>();
	readonly #directory: string;
	readonly #trouble: Trouble | undefined;
	#moment = 0;
	#count = 0;

	constructor(directory: string, trouble: Trouble | undefined) {
		this.#directory = directory;
		this.#trouble = trouble;
	}

	acknowledge(): void {
		this.#moment += 1;
		this.calls.push({type: 'acknowledge', began: this.#moment, ended: this.#moment});
	}

	/** Until the function that it gives back is called. */
	install(): () => void {
		const original = {...fs};
		const replaced: (keyof typeof fs)[] = [];
		const replace = (name: keyof typeof fs, body: AnyFunction): void => {
			replaced.push(name);
			Object.assign(fs, {[name]: body});
		};
		replace('openSync', (path: string, flags: string) => this.#open(original.openSync, path, flags));
		replace('ftruncateSync', (fd: number, size: number) =>
			this.#now(this.#nameOf(fd), {type: 'truncate'}, () => original.ftruncateSync(fd, size)),
		);
		replace('renameSync', (from: string, to: string) =>
			this.#now(this.#nameAt(from), {type: 'rename', to: basename(to)}, () => original.renameSync(from, to)),
		);
		replace('unlinkSync', (path: string) =>
			this.#now(this.#nameAt(path), {type: 'remove'}, () => original.unlinkSync(path)),
		);
		for (const name of ['fsyncSync', 'fdatasyncSync'] as const) {
			replace(name, (fd: number) => this.#now(this.#nameOf(fd), {type: 'sync'}, () => original[name](fd)));
		}
		for (const name of ['fsync', 'fdatasync'] as const) {
			replace(name, (fd: number, done: Callback) =>
				this.#later(this.#nameOf(fd), {type: 'sync'}, end => original[name](fd, end), done),
			);
		}
		replace('writeSync', (fd: number, data: Uint8Array, start: number, length: number, offset: number) =>
			this.#now(this.#nameOf(fd), {type: 'write', offset, length}, lengthMax =>
				original.writeSync(fd, data, start, Math.min(length, lengthMax), offset),
			),
		);
		replace('write', (fd: number, data: Uint8Array, start: number, length: number, offset: number, done: Callback) =>
			this.#later(
				this.#nameOf(fd),
				{type: 'write', offset, length},
				(end, lengthMax) => original.write(fd, data, start, Math.min(length, lengthMax), offset, end),
				done,
			),
		);
		syncBuiltinESMExports();
		return () => {
			for (const name of replaced) Object.assign(fs, {[name]: original[name]});
			syncBuiltinESMExports();
		};
	}

	#open(open: typeof fs.openSync, path: string, flags: string): number {
		const name = path === this.#directory ? theDirectory : this.#nameAt(path);
		const isNew = flags.includes('x');
		const fd = isNew ? this.#now(name, {type: 'create'}, () => open(path, flags)) : open(path, flags);
		if (name === undefined) this.#names.delete(fd);
		else this.#names.set(fd, name);
		return fd;
	}

	#nameAt(path: string): string | undefined {
		const name = basename(path);
		return dirname(path) === this.#directory && !name.startsWith('lock') ? name : undefined;
	}

	#nameOf(fd: number): string | undefined {
		return this.#names.get(fd);
	}

	/** `undefined`: it goes well. */
	#next(type: DiskCall['type']): {readonly error?: Error; readonly lengthMax: number} {
		const trouble = this.#trouble;
		const isCounted = trouble?.type === 'error' || type === 'write';
		const place = isCounted ? this.#count++ : -1;
		if (trouble?.type === 'error' && place === trouble.place) {
			return {error: Object.assign(new Error('EIO: input/output error'), {code: 'EIO'}), lengthMax: 0};
		}
		const isShort = trouble?.type === 'shortWrite' && place >= trouble.place && place <= trouble.place + 1;
		return {lengthMax: isShort ? 1 + 2 * (place - trouble.place) : Infinity};
	}

	#now<Result>(file: string | undefined, details: Details, action: (lengthMax: number) => Result): Result {
		if (file === undefined) return action(Infinity);
		const began = ++this.#moment;
		const {error, lengthMax} = this.#next(details.type);
		if (error !== undefined) {
			this.#ended(file, details, began, error, undefined);
			throw error;
		}
		const result = action(lengthMax);
		this.#ended(file, details, began, undefined, result);
		return result;
	}

	#later(
		file: string | undefined,
		details: Details,
		action: (end: Callback, lengthMax: number) => void,
		done: Callback,
	): void {
		if (file === undefined) return action(done, Infinity);
		const began = ++this.#moment;
		const {error: trouble, lengthMax} = this.#next(details.type);
		const end: Callback = (error, ...results) => {
			this.#ended(file, details, began, error ?? undefined, results[0]);
			done(error, ...results);
		};
		if (trouble === undefined) action(end, lengthMax);
		else setImmediate(() => end(trouble));
	}

	#ended(file: string, details: Details, began: number, error: Error | undefined, result: unknown): void {
		const ended = ++this.#moment;
		const call = {file, ...details, began, ended, ...(error !== undefined && {error: 'EIO'})};
		this.calls.push((details.type === 'write' ? {...call, written: Number(result ?? 0)} : call) as DiskCall);
	}
}
