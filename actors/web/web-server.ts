/**
 * Serves the page on loopback. Nothing is read or written without the token.
 *
 *     GET  /          the page
 *     GET  /trace     a whole trace, where one is shown
 *     GET  /commands  the console's commands, for the page's controls; null where there is no console
 *     GET  /stream    the steps of a living cluster, as server-sent events
 *     GET  /record    what was recorded of a living cluster, as a file
 *     POST /line      a line of the console, as text; answers {type, text}
 */
import {createServer, type IncomingMessage, type Server, type ServerResponse} from 'node:http';
import type {AddressInfo} from 'node:net';
import type {ClusterRecord} from '../observe/cluster-record.js';
import {recordText} from '../observe/record-lines.js';
import {newToken, refusalOf, targetOf} from './access.js';
import {WebServerError} from './errors.js';
import type {Feed} from './feed.js';
import type {LineAnswers} from './line-answers.js';
import {type Page, readPage} from './page-file.js';
import {StreamClient} from './stream-client.js';

/** What the page shows: a living cluster and its console, or a trace. */
export type WebContent =
	| {readonly type: 'live'; readonly feed: Feed; readonly lines: LineAnswers; readonly record: () => ClusterRecord}
	| {readonly type: 'trace'; readonly text: string};

export interface WebServerOptions {
	readonly content: WebContent;
	/** 0: any free one. */
	readonly port: number;
}

/** Pages that may be open at once. */
const streamsMax = 16;
/** Bytes of a line. */
const lineBytesMax = 64 * 1024;
const loopback = '127.0.0.1';
const methods: ReadonlyMap<string, string> = new Map([
	['/', 'GET'],
	['/trace', 'GET'],
	['/commands', 'GET'],
	['/stream', 'GET'],
	['/record', 'GET'],
	['/line', 'POST'],
]);
/** Ms: a client sends its headers within the first of these, and the whole request within the second. */
const timeouts = {headersTimeout: 5000, requestTimeout: 30_000, connectionsCheckingInterval: 1000} as const;

export class WebServer {
	readonly #server: Server;
	readonly #page: Page;
	readonly #content: WebContent;
	readonly #token = newToken();
	readonly #streams = new Set<StreamClient>();

	private constructor(page: Page, content: WebContent) {
		this.#page = page;
		this.#content = content;
		this.#server = createServer(timeouts, (request, response) => {
			this.#take(request, response).catch(() => response.destroy());
		});
		// A browser keeps some open.
		this.#server.maxConnections = 64;
	}

	/** Throws a `WebServerError`. */
	static async start({content, port}: WebServerOptions): Promise<WebServer> {
		const server = new WebServer(await readPage(), content);
		await new Promise<void>((resolve, reject) => {
			server.#server.once('error', (error: NodeJS.ErrnoException) => {
				const why =
					error.code === 'EADDRINUSE' ? 'it is in use: choose another port, or 0 for any free one' : error.message;
				reject(new WebServerError(`the page cannot be served on port ${port}: ${why}`, {cause: error}));
			});
			server.#server.listen(port, loopback, resolve);
		});
		return server;
	}

	get port(): number {
		return (this.#server.address() as AddressInfo).port;
	}

	/** With the token: anybody who has it can do what the console can. */
	get link(): string {
		return `http://${loopback}:${this.port}/?token=${this.#token}`;
	}

	/** Ends all connections. Idempotent. */
	async close(): Promise<void> {
		for (const stream of this.#streams) stream.close();
		if (!this.#server.listening) return;
		await new Promise<void>(resolve => {
			this.#server.close(() => resolve());
			this.#server.closeAllConnections();
		});
	}

	async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
		response.setHeader('Cache-Control', 'no-store');
		response.setHeader('X-Content-Type-Options', 'nosniff');
		response.setHeader('Referrer-Policy', 'no-referrer');
		response.setHeader('Cross-Origin-Resource-Policy', 'same-origin');
		const refusal = refusalOf(request, this.port, this.#token);
		if (refusal !== undefined) return end(response, refusal.status, 'text/plain', `${refusal.message}\n`);
		const {path} = targetOf(request);
		switch (`${request.method} ${path}`) {
			case 'GET /':
				response.setHeader('Content-Security-Policy', this.#page.policy);
				return end(response, 200, 'text/html', this.#page.html);
			case 'GET /trace':
				if (this.#content.type !== 'trace') break;
				return end(response, 200, 'application/x-ndjson', this.#content.text);
			case 'GET /commands':
				return endJson(response, this.#content.type === 'live' ? this.#content.lines.commands : null);
			case 'GET /stream':
				if (this.#content.type !== 'live') break;
				return this.#stream(this.#content.feed, response);
			case 'GET /record':
				if (this.#content.type !== 'live') break;
				response.setHeader('Content-Disposition', 'attachment; filename="threadraft-record.jsonl"');
				return end(response, 200, 'application/x-ndjson', recordText(this.#content.record()));
			case 'POST /line': {
				if (this.#content.type !== 'live') break;
				const line = await bodyOf(request, response);
				return line === undefined ? undefined : endJson(response, await this.#content.lines.answer(line));
			}
			default:
		}
		const allowed = methods.get(path);
		if (allowed === undefined || allowed === request.method)
			return end(response, 404, 'text/plain', 'there is nothing here\n');
		response.setHeader('Allow', allowed);
		return end(response, 405, 'text/plain', `${path} takes ${allowed} alone\n`);
	}

	#stream(feed: Feed, response: ServerResponse): void {
		if (this.#streams.size >= streamsMax) {
			return end(response, 503, 'text/plain', `${streamsMax} pages are open already: close one\n`);
		}
		const stream = new StreamClient(feed, response, () => this.#streams.delete(stream));
		this.#streams.add(stream);
	}
}

function end(response: ServerResponse, status: number, type: string, text: string): void {
	response.writeHead(status, {'Content-Type': `${type}; charset=utf-8`}).end(text);
}

const endJson = (response: ServerResponse, value: unknown): void =>
	end(response, 200, 'application/json', JSON.stringify(value));

/** `undefined`: it was too long, and that has been said. */
async function bodyOf(request: IncomingMessage, response: ServerResponse): Promise<string | undefined> {
	const chunks: Buffer[] = [];
	let bytes = 0;
	for await (const chunk of request as AsyncIterable<Buffer>) {
		bytes += chunk.length;
		if (bytes > lineBytesMax) {
			response.setHeader('Connection', 'close');
			end(response, 413, 'text/plain', `a line has at most ${lineBytesMax} bytes\n`);
			return undefined;
		}
		chunks.push(chunk);
	}
	return Buffer.concat(chunks).toString();
}
