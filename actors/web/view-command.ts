/** `threadraft view FILE`: the page with a trace in it. */
import {type Subcommand, wholeNumber} from '../console/command-line.js';
import {readTrace} from '../trace/trace-file.js';
import {WebServer} from './web-server.js';

interface ViewOptions {
	readonly file: string;
	/** 0: any free one. */
	readonly port: number;
}

/** `write`: takes lines for people. */
export function viewSubcommand(write: (text: string) => void): Subcommand {
	return {
		name: 'view',
		summary: 'show a trace of the simulator, or a record of a cluster, in the browser',
		isDefault: false,
		mount: (command, setStatus) => {
			command
				.argument('<file>', 'what "simulate --trace FILE" wrote, or a record of a cluster')
				.option('--port <port>', 'port of the page on this machine; 0 takes any free one', wholeNumber(0, 65_535), 0)
				.action((file: string, {port}: {readonly port: number}) => setStatus(view({file, port}, write)));
		},
	};
}

/** Serves the page until a signal comes. Rejects with a `TraceFileError`, `TraceFormatError`, `RecordFormatError` or `WebServerError`. */
async function view({file, port}: ViewOptions, write: (text: string) => void): Promise<number> {
	const text = await readTrace(file);
	const server = await WebServer.start({content: {type: 'trace', text}, port});
	write(`${file} on ${server.link}\nCtrl-C ends it\n`);
	await new Promise<void>(resolve => {
		for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
	});
	await server.close();
	return 0;
}
