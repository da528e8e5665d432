/** A recording that is under way: what is done now goes into its file. */
import type {LineEnd} from './replay.js';
import {ScriptError} from './errors.js';
import type {ScriptWriter} from './script-writer.js';

export interface RecordingOptions {
	readonly writer: ScriptWriter;
	/** Monotonic ms. */
	readonly now: () => number;
	/** Told once, if the file cannot be written any more. The recording is over then. */
	readonly failed: (message: string) => void;
}

export interface RecordedSession {
	readonly file: string;
	readonly lines: number;
	readonly durationMs: number;
}

export class SessionRecording {
	readonly #options: RecordingOptions;
	readonly #startedAt: number;
	#lines = 0;
	#isOver = false;

	constructor(options: RecordingOptions) {
		this.#options = options;
		this.#startedAt = options.now();
	}

	get file(): string {
		return this.#options.writer.file;
	}

	/** A line of the console that begins now. */
	line(text: string): void {
		this.#write(writer => writer.line(this.#elapsedMs, text));
		this.#lines++;
	}

	/** Nothing that a replay does. */
	remark(text: string): void {
		this.#write(writer => writer.remark(text));
	}

	/** What a line was answered, where that is short and says something. */
	answer(end: LineEnd): void {
		if (end.type === 'failed') this.remark(`error: ${end.message}`);
		else if (end.type === 'answered' && end.text !== 'OK' && end.text !== '' && !end.text.includes('\n'))
			this.remark(end.text);
	}

	/** Throws a `ScriptError` if the end cannot be written. */
	stop(): RecordedSession {
		const {writer} = this.#options;
		const durationMs = this.#elapsedMs;
		if (!this.#isOver) writer.end(durationMs);
		this.#isOver = true;
		return {file: writer.file, lines: this.#lines, durationMs};
	}

	get #elapsedMs(): number {
		return this.#options.now() - this.#startedAt;
	}

	/** What is recorded goes on even if the recording cannot. */
	#write(write: (writer: ScriptWriter) => void): void {
		if (this.#isOver) return;
		try {
			write(this.#options.writer);
		} catch (error) {
			if (!(error instanceof ScriptError)) throw error;
			this.#isOver = true;
			this.#options.writer.close();
			this.#options.failed(error.message);
		}
	}
}
