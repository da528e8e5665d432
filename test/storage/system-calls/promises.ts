/**
 * What a log promises of durability, looked for in the calls that its disk made: which of them a list of calls breaks.
 * It knows nothing of the log, and trusts nothing that the disk says of itself.
 */

interface Moments {
	/** A number for each begin and each end, in the order in which they came. */
	readonly began: number;
	readonly ended: number;
	/** The code of the error that the call ended with. */
	readonly error?: string;
}

export type DiskCall = Moments &
	(
		| {readonly type: 'create' | 'truncate' | 'remove'; readonly file: string}
		/** Of a file, or of {@link theDirectory}. */
		| {readonly type: 'sync'; readonly file: string}
		| {readonly type: 'rename'; readonly file: string; readonly to: string}
		| {
				readonly type: 'write';
				readonly file: string;
				readonly offset: number;
				/** Bytes that the kernel was given, and that it took. */
				readonly length: number;
				readonly written: number;
		  }
		/** No call: here the log says that all that it was given before is durable. */
		| {readonly type: 'acknowledge'}
	);

export const theDirectory = '.';

interface Change {
	/** The file whose bytes or name it is. */
	readonly file: string;
	readonly what: string;
	readonly ended: number;
}

interface FileState {
	/** Changes that no sync has covered. */
	unsynced: readonly Change[];
	/** What is left of a write of which the kernel took a part. */
	rest: {readonly offset: number; readonly length: number} | undefined;
}

/** A copy that nothing depends on, and what has no name of its own yet. */
const isProvisional = (name: string): boolean => /\.(?:tmp|broken)$/.test(name);

/** One sentence for each promise that the calls break; none is right. */
export function brokenPromises(calls: readonly DiskCall[]): readonly string[] {
	const reader = new CallReader();
	for (const call of [...calls].sort((left, right) => left.ended - right.ended)) reader.take(call);
	return reader.broken;
}

class CallReader {
	readonly broken: string[] = [];
	readonly #files = new Map<string, FileState>();
	/** From the first error on nothing may be acknowledged. */
	#failure: string | undefined;

	take(call: DiskCall): void {
		if (call.error !== undefined) {
			this.#failure ??= `${call.type} failed with ${call.error}`;
			return;
		}
		switch (call.type) {
			case 'create':
				this.#change(theDirectory, call.file, `${call.file} was created`, call.ended);
				break;
			case 'write':
				this.#write(call);
				break;
			case 'truncate':
				this.#change(call.file, call.file, 'it was cut', call.ended);
				break;
			case 'sync':
				this.#sync(call);
				break;
			case 'rename':
				this.#rename(call);
				break;
			case 'remove':
				// What was removed may come back; what takes its place must be there.
				if (!isProvisional(call.file)) this.#expectDurable(`${call.file} was removed`, call.file);
				this.#files.delete(call.file);
				break;
			default:
				if (this.#failure !== undefined) this.broken.push(`acknowledged after ${this.#failure}`);
				this.#expectDurable('acknowledged');
		}
	}

	#file(name: string): FileState {
		const known = this.#files.get(name);
		if (known !== undefined) return known;
		const file = {unsynced: [], rest: undefined};
		this.#files.set(name, file);
		return file;
	}

	/** `name`: what has to be synced. */
	#change(name: string, changed: string, what: string, ended: number): void {
		const file = this.#file(name);
		file.unsynced = [...file.unsynced, {file: changed, what, ended}];
	}

	#write({file: name, offset, length, written, ended}: Extract<DiskCall, {type: 'write'}>): void {
		const file = this.#file(name);
		const {rest} = file;
		if (rest !== undefined && (rest.offset !== offset || rest.length !== length)) {
			const right = `${rest.length} bytes at ${rest.offset}`;
			this.broken.push(`${name}: a short write goes on with ${length} bytes at ${offset}, not with ${right}`);
		}
		file.rest = written < length ? {offset: offset + written, length: length - written} : undefined;
		this.#change(name, name, `${written} bytes were written at ${offset}`, ended);
	}

	#sync({file: name, began}: Extract<DiskCall, {type: 'sync'}>): void {
		const file = this.#file(name);
		if (file.rest !== undefined) this.broken.push(`${name}: synced before all of a short write was written`);
		file.unsynced = file.unsynced.filter(({ended}) => ended > began);
	}

	#rename({file: from, to, ended}: Extract<DiskCall, {type: 'rename'}>): void {
		const file = this.#file(from);
		for (const {what} of file.unsynced) this.broken.push(`${from} was renamed before it was synced: ${what}`);
		this.#files.delete(from);
		this.#files.set(to, file);
		this.#change(theDirectory, to, `${from} was renamed to ${to}`, ended);
	}

	/** All changes, but for those of a file that is no longer wanted. */
	#expectDurable(before: string, unwanted?: string): void {
		for (const [name, {unsynced, rest}] of this.#files) {
			if (isProvisional(name) || name === unwanted) continue;
			for (const {file, what} of unsynced) {
				if (file !== unwanted) this.broken.push(`${before} before ${name} was synced: ${what}`);
			}
			if (rest !== undefined) this.broken.push(`${before} before all of a short write to ${name} was written`);
		}
	}
}
