/**
 * The lines of earlier sessions, in a file that only its user may read. Several consoles may use it at once: each adds whole
 * lines at the end, in one write each, and the file is written anew only when it is first read.
 */
import {randomUUID} from 'node:crypto';
import {appendFile, mkdir, readFile, rename, rm, writeFile} from 'node:fs/promises';
import path from 'node:path';

/** Lines that are kept. */
export const historyLinesMax = 1000;
/** Characters; a longer line is a value rather than something to type again. */
const lineLengthMax = 4096;
/** Of the file; beyond that it is written anew with the newest lines. */
const fileBytesMax = 2 ** 20;
const onlyUser = {mode: 0o600} as const;

export class HistoryFile {
	readonly #file: string;
	/** Is told once that the history cannot be kept. */
	readonly #failed: (message: string) => void;
	#hasFailed = false;
	#addedBytes = 0;
	#lastLine: string | undefined;
	#work: Promise<void> = Promise.resolve();

	constructor(file: string, failed: (message: string) => void) {
		this.#file = file;
		this.#failed = failed;
	}

	/** The lines, newest first. A file that cannot be read counts as empty. */
	async read(): Promise<readonly string[]> {
		let lines: readonly string[] = [];
		await this.#attempt(async () => {
			const text = await readFile(this.#file, 'utf8').catch(emptyIfMissing);
			const kept = text.split('\n').filter(isKept);
			lines = kept.slice(-historyLinesMax);
			if (lines.length < kept.length || text.length > fileBytesMax) await this.#replace(lines);
		});
		this.#lastLine = lines.at(-1);
		return lines.toReversed();
	}

	/** Adds a line; not one that begins with a blank, nor the same as before. */
	add(line: string): void {
		if (!isKept(line) || line === this.#lastLine || this.#addedBytes > fileBytesMax) return;
		this.#lastLine = line;
		this.#addedBytes += Buffer.byteLength(line) + 1;
		const adding = async (): Promise<void> => {
			await mkdir(path.dirname(this.#file), {recursive: true, mode: 0o700});
			await appendFile(this.#file, `${line}\n`, onlyUser);
		};
		const before = this.#work;
		this.#work = before.then(() => this.#attempt(adding));
	}

	/** Resolves when all that was added is written. */
	async settled(): Promise<void> {
		await this.#work;
	}

	/** As a whole: a reader sees the old lines or the new ones. */
	async #replace(lines: readonly string[]): Promise<void> {
		const draft = `${this.#file}.${randomUUID()}`;
		try {
			await writeFile(draft, `${lines.join('\n')}\n`, {...onlyUser, flag: 'wx'});
			await rename(draft, this.#file);
		} catch (error) {
			await rm(draft, {force: true});
			throw error;
		}
	}

	/** A history that cannot be kept keeps nobody from working. */
	async #attempt(work: () => Promise<void>): Promise<void> {
		if (this.#hasFailed) return;
		try {
			await work();
		} catch (error) {
			this.#hasFailed = true;
			this.#failed(`the history of this session is not kept: ${(error as Error).message}`);
		}
	}
}

/** Nothing that moves the cursor comes back from a file, and nothing that its user kept out. */
const isKept = (line: string): boolean =>
	line.trim() !== '' && !/^\s/.test(line) && line.length <= lineLengthMax && !/\p{Cc}/u.test(line);

function emptyIfMissing(error: NodeJS.ErrnoException): string {
	if (error.code === 'ENOENT') return '';
	throw error;
}
