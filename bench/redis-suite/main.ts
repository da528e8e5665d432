/**
 * Question: which tests of Redis' own suite does the Redis port pass?
 *
 * Fetches the source of Redis 7.0.15 by apt, and runs units of its Tcl suite in external mode on fresh servers: first
 * redis-server, then ours. A test that is ok at Redis and not here is told with the reason.
 *
 *     npm run redis-suite -- [--out FILE] [units]
 */
import {mkdir, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {Command} from 'commander';
import {makeScratch} from '../scratch.js';
import {versionOf} from '../systems/servers.js';
import {judgeUnit, type UnitJudgement} from './judge.js';
import {reportOf} from './report.js';
import {NoSourceError, redisSource, redisVersion, sourceFolder} from './source.js';
import {withServer} from './suite-servers.js';
import {runUnit} from './unit-run.js';

interface Options {
	readonly out?: string;
	readonly source: string;
}

const allUnits =
	'type/string type/incr keyspace expire multi scan protocol quit pubsub scripting introspection other'.split(' ');
/** A slow test of the suite has 100,000 commands, each behind the one before. */
const testMs = 120_000;

const command = new Command('npm run redis-suite --')
	.description(
		'Runs the Tcl suite of Redis against the port and beside Redis. Exit status: 0 no fault, 1 a fault, 2 it cannot run here.',
	)
	.argument('[units...]', `units to run, of ${allUnits.join(', ')}`, allUnits)
	.option('--out <file>', 'write the answer to this file as well')
	.option('--source <folder>', 'where the source of Redis is kept', sourceFolder)
	.parse();

async function run(source: string): Promise<number> {
	const {out} = command.opts<Options>();
	const scratch = await makeScratch(tmpdir());
	const judgements: UnitJudgement[] = [];
	for (const unit of command.args.length === 0 ? allUnits : command.args) {
		const options = {unit: `unit/${unit}`, source, testMs};
		const redis = await withServer('redis', scratch, port => runUnit({...options, port}));
		const here = await withServer('threadraft', scratch, port => runUnit({...options, port}));
		const judgement = judgeUnit(unit, redis, here);
		judgements.push(judgement);
		console.log(`${unit}: ${judgement.okHere} of ${judgement.okAtRedis}`);
	}
	const report = reportOf(judgements);
	console.log(report);
	if (out !== undefined) await writeFile(out, `${headOf()}\n\n${report}`);
	for (const {unit, outdated} of judgements)
		for (const name of outdated) console.log(`${unit}: "${name}" is ok; its known reason can go`);
	return judgements.some(({failures}) => failures.some(({kind}) => kind === 'fault')) ? 1 : 0;
}

function headOf(): string {
	const options = command.args.join(' ');
	const words = options === '' ? 'npm run redis-suite' : `npm run redis-suite -- ${options}`;
	const date = new Date().toISOString().slice(0, 10);
	const redis = versionOf('redis-server')?.split(' sha')[0];
	return `# Redis' own tests at the port\n\n${date}, the Tcl suite of Redis ${redisVersion} in external mode, beside ${redis}: \`${words}\`.`;
}

try {
	const {source} = command.opts<Options>();
	await mkdir(source, {recursive: true});
	process.exitCode = await run(await redisSource(source));
} catch (error) {
	if (!(error instanceof NoSourceError)) throw error;
	console.error(`redis-suite: ${error.message}`);
	process.exitCode = 2;
}
