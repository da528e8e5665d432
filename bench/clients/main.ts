/**
 * Question: which clients and libraries of Redis work at the Redis port, also when the leader dies meanwhile?
 *
 * Installs each client of the catalogue in a temporary folder, and runs its documented example three times, each on a fresh
 * server: redis-server, ours, and ours with the leader killed when half of the operations are done.
 *
 *     npm run clients -- [--out FILE] [--install] [names]
 */
import {writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {Command} from 'commander';
import {makeScratch} from '../scratch.js';
import {versionOf} from '../systems/servers.js';
import {install} from './install.js';
import {type ClientRow, clientRows} from './rows.js';
import {type ProgramRun, runAtPort, runAtRedis} from './run-program.js';

interface Options {
	readonly out?: string;
	readonly install: boolean;
}

const command = new Command('npm run clients --')
	.description('Runs the examples of Redis clients at the port. Exit status: 0 all that ran work, 1 one does not.')
	.argument('[names...]', 'clients to run; all without one')
	.option('--out <file>', 'write the table to this file as well')
	.option('--install', 'apt-get install what is missing of Debian, for which one must be root', false)
	.parse();

interface Outcome {
	readonly verdict: 'works' | 'works, but' | 'does not' | 'not run';
	readonly client: string;
	readonly version: string;
	readonly atRedis: string;
	readonly here: string;
	readonly leaderKilled: string;
	readonly why: string;
}

const wordOf = ({failure, seconds}: ProgramRun): string =>
	failure === undefined ? `ok, ${seconds.toFixed(1)} s` : 'fails';

/** Why each run failed that did. */
const reasonsOf = (runs: Readonly<Record<string, ProgramRun | undefined>>): string =>
	Object.entries(runs)
		.flatMap(([where, run]) =>
			run?.failure === undefined ? [] : [where === '' ? run.failure : `${where}: ${run.failure}`],
		)
		.join('; ');

async function judge(row: ClientRow, scratch: string): Promise<Outcome> {
	const program = install(row, path.join(scratch, row.name.replaceAll(/\W/g, '-')), command.opts<Options>().install);
	if (program.type === 'missing')
		return {
			verdict: 'not run',
			client: row.name,
			version: '',
			atRedis: '',
			here: '',
			leaderKilled: '',
			why: program.reason,
		};
	const redis = await runAtRedis(program, scratch);
	const here = await runAtPort(program);
	const killed = here.failure === undefined ? await runAtPort(program, here) : undefined;
	const isWhole = here.failure === undefined && killed?.failure === undefined;
	return {
		verdict: isWhole ? 'works' : here.failure === undefined ? 'works, but' : 'does not',
		client: row.name,
		version: program.version,
		atRedis: wordOf(redis),
		here: wordOf(here),
		leaderKilled: killed === undefined ? '' : wordOf(killed),
		why: reasonsOf({'': here, 'leader killed': killed, 'at Redis': redis}),
	};
}

function tableOf(outcomes: readonly Outcome[]): string {
	const head = ['client', 'version', 'verdict', 'at Redis', 'at the port', 'leader killed', 'why'];
	const rows = outcomes.map(({client, version, verdict, atRedis, here, leaderKilled, why}) =>
		[client, version, verdict, atRedis, here, leaderKilled, why].map(cell => cell.replaceAll('|', '\\|')),
	);
	return [head, head.map(() => '---'), ...rows].map(cells => `| ${cells.join(' | ')} |`).join('\n');
}

const selected = command.args.length === 0 ? clientRows : clientRows.filter(({name}) => command.args.includes(name));
const scratch = await makeScratch(tmpdir());
const outcomes: Outcome[] = [];
for (const row of selected) {
	const outcome = await judge(row, scratch);
	outcomes.push(outcome);
	console.log(`${outcome.client}: ${outcome.verdict} ${outcome.why}`);
}
const working = outcomes.filter(({verdict}) => verdict === 'works').length;
const ran = outcomes.filter(({verdict}) => verdict !== 'not run').length;
const summary = `${working} of ${ran} work; ${outcomes.length - ran} were not run.`;
const table = `${tableOf(outcomes)}\n\n${summary}\n`;
console.log(table);
const {out} = command.opts<Options>();
const date = new Date().toISOString().slice(0, 10);
const redis = versionOf('redis-server')?.split(' sha')[0];
const head = `# Clients at the Redis port

${date}, Node ${process.versions.node}, beside ${redis}: \`npm run clients\`. Each program in \`bench/clients/programs\` is the documented example of the
client, as far as it needs no hashes, lists, sets and sorted sets, and asserts what it gets. "Leader killed": when half of the operations of the
run before are done; of a client that asks for none, when it starts. The leader comes back two seconds later.`;
if (out !== undefined) await writeFile(out, `${head}\n\n${table}`);
process.exitCode = working === ran ? 0 : 1;
