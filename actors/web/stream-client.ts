/** One open page: it is sent every step, or, when it reads too slowly, what is so when it can take more. */
import type {ServerResponse} from 'node:http';
import type {Feed} from './feed.js';

/** Bytes that wait for a slow reader; then it is sent nothing more until it has caught up. */
const waitingBytesMax = 2 ** 20;
/** Ms: one that takes nothing for so long is gone. */
const stuckMs = 30_000;

export class StreamClient {
	readonly #response: ServerResponse;
	readonly #feed: Feed;
	readonly #ended: () => void;
	readonly #stopListening: () => void;
	#stuck: NodeJS.Timeout | undefined;
	#isOver = false;

	constructor(feed: Feed, response: ServerResponse, ended: () => void) {
		this.#feed = feed;
		this.#response = response;
		this.#ended = ended;
		response.writeHead(200, {'Content-Type': 'text/event-stream'});
		response.on('close', () => this.close());
		for (const line of feed.beginning()) this.#write(line);
		this.#stopListening = feed.listen(line => this.#send(line));
	}

	close(): void {
		if (this.#isOver) return;
		this.#isOver = true;
		clearTimeout(this.#stuck);
		this.#stopListening();
		this.#response.destroy();
		this.#ended();
	}

	#send(line: string): void {
		if (this.#stuck !== undefined) return;
		this.#write(line);
		if (this.#response.writableLength < waitingBytesMax) return;
		this.#stuck = setTimeout(() => this.close(), stuckMs);
		this.#response.once('drain', () => {
			clearTimeout(this.#stuck);
			this.#stuck = undefined;
			if (!this.#isOver) this.#write(this.#feed.wholePicture());
		});
	}

	#write(line: string): void {
		this.#response.write(`data: ${line}\n\n`);
	}
}
