/** A port at which Prometheus collects the metrics of a cluster. */
import {once} from 'node:events';
import {createServer, type IncomingMessage, type Server, type ServerResponse} from 'node:http';
import type {AddressInfo} from 'node:net';
import {callback, checkOptions, optionsOf, text, wholeNumber} from '../options/check-options.js';
import type {ExportedMetrics} from './definition.js';
import {MetricsPortError} from './errors.js';

/** Where metrics are served, and which. */
export interface MetricsPortOptions {
	/** Reads the metrics; must settle soon, whatever state the cluster is in. */
	readonly read: () => Promise<ExportedMetrics>;
	/** The address to listen on. @default '127.0.0.1' */
	readonly host?: string;
	/** 0 takes any free port. @default 0 */
	readonly port?: number;
}

/** An open port. */
export interface MetricsPort {
	readonly address: string;
	readonly port: number;
	/** Cuts all connections, and resolves when they and the port are free. Idempotent. */
	close(): Promise<void>;
}

interface Answer {
	readonly status: number;
	readonly type: string;
	readonly body: string;
}

const portOptions = optionsOf({host: text(), port: wholeNumber(0, 65_535)}, {read: callback()});
/** A collector needs one connection at a time. */
const connectionsMax = 64;
const plain = 'text/plain; charset=utf-8';
const page =
	'<!doctype html><html lang="en"><title>threadraft</title><p><a href="/metrics">Metrics of this cluster</a></p></html>\n';

/** Rejects with a `MetricsPortError` where it cannot listen, and with an `OptionError`. */
export async function startMetricsPort(options: MetricsPortOptions): Promise<MetricsPort> {
	checkOptions(portOptions, options);
	const {host = '127.0.0.1', port = 0} = options;
	// Loaded where it is asked for: a cluster without this port starts sooner without it.
	const {contentType, prometheusText} = await import('./prometheus-text.js');
	const collect = shared(async () => prometheusText(await options.read()));
	const answerTo = async (method: string | undefined, path: string): Promise<Answer> => {
		if (method !== 'GET' && method !== 'HEAD') return {status: 405, type: plain, body: 'Only GET is answered here.\n'};
		if (path === '/') return {status: 200, type: 'text/html; charset=utf-8', body: page};
		if (path !== '/metrics') return {status: 404, type: plain, body: 'There is only /metrics here.\n'};
		return {status: 200, type: contentType, body: await collect()};
	};
	const server = createServer((request, response) => void respond(request, response, answerTo));
	server.maxConnections = connectionsMax;
	const bound = await listen(server, host, port);
	return {
		address: bound.address,
		port: bound.port,
		async close() {
			if (!server.listening) return;
			const closed = once(server, 'close');
			server.close();
			server.closeAllConnections();
			await closed;
		},
	};
}

/** Those who ask while it runs get what it finds. */
function shared<T>(action: () => Promise<T>): () => Promise<T> {
	let running: Promise<T> | undefined;
	return () => {
		running ??= action().finally(() => {
			running = undefined;
		});
		return running;
	};
}

async function respond(
	{method, url = '/'}: IncomingMessage,
	response: ServerResponse,
	answerTo: (method: string | undefined, path: string) => Promise<Answer>,
): Promise<void> {
	const [path = '/'] = url.split('?');
	const {status, type, body} = await answerTo(method, path).catch((error: unknown) => ({
		status: 500,
		type: plain,
		body: `The metrics cannot be read: ${String(error)}\n`,
	}));
	response.writeHead(status, {
		'content-type': type,
		'content-length': Buffer.byteLength(body),
		'x-content-type-options': 'nosniff',
		...(status === 405 ? {allow: 'GET, HEAD'} : {}),
	});
	response.end(method === 'HEAD' ? undefined : body);
}

async function listen(server: Server, host: string, port: number): Promise<AddressInfo> {
	server.listen(port, host);
	try {
		await once(server, 'listening');
	} catch (cause) {
		throw new MetricsPortError(host, port, cause as NodeJS.ErrnoException);
	}
	// A client that cannot be accepted is lost, the others are not.
	server.on('error', () => undefined);
	return server.address() as AddressInfo;
}
