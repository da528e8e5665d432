import cliProgress from 'cli-progress';
import type {CheckProgress} from './check-files.js';

/** Appears with the first report: what is quick never shows one. */
export class ProgressBar {
	readonly #stream: NodeJS.WritableStream;
	#bar: cliProgress.SingleBar | undefined;
	#file: string | undefined;

	constructor(stream: NodeJS.WritableStream) {
		this.#stream = stream;
	}

	show({file, operationsDone, operationCount}: CheckProgress): void {
		if (this.#file !== file) {
			this.stop();
			this.#file = file;
			this.#bar = new cliProgress.SingleBar({
				stream: this.#stream,
				format: '{bar} {value}/{total} operations, {duration_formatted}, {file}',
				clearOnComplete: true,
				hideCursor: true,
			});
			this.#bar.start(operationCount, operationsDone, {file});
		}
		this.#bar?.update(operationsDone);
	}

	stop(): void {
		this.#bar?.stop();
		this.#bar = undefined;
		this.#file = undefined;
	}
}
