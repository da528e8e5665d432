/** `threadraft replay FILE`: a recorded script on a cluster of its own, judged. */
import {isatty} from 'node:tty';
import picocolors from 'picocolors';
import {Cluster} from '../cluster/cluster.js';
import {allCommands} from '../console/commands/all.js';
import {LineRunner, withoutTerminal} from '../console/line-runner.js';
import {defaultSettings} from '../console/settings.js';
import {valueText} from '../console/value-text.js';
import {readScriptFile} from '../script/script-file.js';
import {ClusterTarget} from './cluster-target.js';

const columnsDefault = 80;
/** What a shell shows for a process that Ctrl-C ended. */
const interruptedStatus = 130;

/** Resolves with the exit status: 0 only if what clients saw was judged, and is linearizable, and each fault could be set. */
export async function replayFile(file: string): Promise<number> {
	// Its lines are checked by the console.
	const {nodes, seed} = await readScriptFile(file, () => undefined);
	const interrupted = new AbortController();
	const {signal} = interrupted;
	for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => interrupted.abort());
	const cluster = await Cluster.start({nodes, ...(seed === undefined ? {} : {seed})});
	const target = new ClusterTarget(cluster, {close: async () => undefined});
	try {
		await cluster.waitForLeader(30_000);
		const runner = new LineRunner({
			...withoutTerminal,
			target,
			commands: allCommands,
			settings: {...defaultSettings, hasColours: isatty(1) && picocolors.isColorSupported},
			columns: () => process.stdout.columns ?? columnsDefault,
			print: text => void process.stdout.write(`${text}\n`),
		});
		const result = await runner.run(`replay ${valueText(new TextEncoder().encode(file))}`, signal);
		if (signal.aborted) return interruptedStatus;
		if (result.type === 'answered') process.stdout.write(`${result.text}\n`);
		if (result.type !== 'failed') return 0;
		process.stderr.write(`threadraft: ${result.message}\n`);
		return 1;
	} finally {
		await target.close();
	}
}
