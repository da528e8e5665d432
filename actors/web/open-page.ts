/** The page before a living cluster. */
import type {ConsoleTarget} from '../console/console-target.js';
import type {ClusterRecorder} from '../observe/cluster-recorder.js';
import {Feed, type WatchedCluster} from './feed.js';
import {LineAnswers} from './line-answers.js';
import type {LineAnswer} from './protocol.js';
import {WebServer} from './web-server.js';

export interface PageOptions {
	readonly cluster: WatchedCluster;
	readonly target: ConsoleTarget;
	readonly recorder: ClusterRecorder;
	/** 0: any free one. */
	readonly port: number;
	/** What the page says of the cluster, one line. */
	readonly title: string;
}

export interface OpenPage {
	/** What to open in a browser. */
	readonly link: string;
	/** Runs a line as if it were clicked on the page. Never rejects. */
	run(line: string): Promise<LineAnswer>;
	/** Ends all connections, and lines that still run. Idempotent. */
	close(): Promise<void>;
}

/** Throws a `WebServerError`. */
export async function openPage({cluster, target, recorder, port, title}: PageOptions): Promise<OpenPage> {
	const feed = new Feed(cluster, recorder, title);
	const lines = new LineAnswers({
		target,
		beginning: begin => feed.whileBeginning(begin),
		answered: (line, {type, text}) => feed.command(line, text, type === 'failed'),
	});
	const server = await WebServer.start({content: {type: 'live', feed, lines, record: () => recorder.record()}, port});
	return {
		link: server.link,
		run: line => lines.answer(line),
		close: async () => {
			lines.close();
			await server.close();
		},
	};
}
