/** `threadraft view FILE`: the page with a trace in it. */
import {readTrace} from '../trace/trace-file.js';
import {WebServer} from './web-server.js';

interface ViewOptions {
	readonly file: string;
	/** 0: any free one. */
	readonly port: number;
}

/** Serves the page until a signal comes. Rejects with a `TraceFileError`, `TraceFormatError`, `RecordFormatError` or `WebServerError`. */
export async function view({file, port}: ViewOptions): Promise<number> {
	const text = await readTrace(file);
	const server = await WebServer.start({content: {type: 'trace', text}, port});
	process.stdout.write(`${file} on ${server.link}\nCtrl-C ends it\n`);
	await new Promise<void>(resolve => {
		for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
	});
	await server.close();
	return 0;
}
