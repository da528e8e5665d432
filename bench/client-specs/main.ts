/**
 * Question: which of the specs of ioredis and node-redis does the Redis port pass?
 *
 * Fetches the source of each client at one release from GitHub, and what its specs need from npm. Runs the specs of the commands
 * that the port offers, and those of the client itself, on fresh servers: first redis-server, then ours.
 *
 *     npm run client-specs -- [--out FILE] [clients]
 */
import {readdir, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {Command} from 'commander';
import {commandTable} from '../../actors/redis/commands/table.js';
import {judgeUnit, type UnitJudgement} from '../redis-suite/judge.js';
import {reportOf} from '../redis-suite/report.js';
import {type ServerKind, withServer} from '../redis-suite/suite-servers.js';
import {makeScratch} from '../scratch.js';
import {versionOf} from '../systems/servers.js';
import {knownReasonsOf} from './known-reasons.js';
import {isOffered} from './offered.js';
import {NoSpecsError, specSource} from './source.js';
import {runReaching, runSpecs, type SpecPorts, type SpecReport, type SpecUnit} from './spec-run.js';
import {type SpecSuite, specSuites} from './suites.js';

interface Options {
	readonly out?: string;
	readonly source: string;
}

const names = specSuites.map(({name}) => name);
const command = new Command('npm run client-specs --')
	.description(
		'Runs the specs of Redis clients at the port and beside Redis. Exit status: 0 no fault, 1 a fault, 2 it cannot run here.',
	)
	.argument('[clients...]', `of ${names.join(' and ')}`, names)
	.option('--out <file>', 'write the answer to this file as well')
	.option(
		'--source <folder>',
		'where the sources of the clients are kept',
		path.join(tmpdir(), 'threadraft-client-specs'),
	)
	.parse();

/** What the specs of node-redis log in with. */
const password = 'password';

/** Each other spec is run alone: what it breaks in its process ends no other. */
async function unitsOf(suite: SpecSuite, root: string): Promise<readonly SpecUnit[]> {
	const {commandSpecs, commandOf, otherSpecs, workFolder} = suite;
	const files = (await readdir(path.join(root, workFolder, commandSpecs))).sort();
	const ofCommands = files.filter(file => isOffered(commandTable, commandOf(file)));
	return [
		{suite, root, title: 'commands', files: ofCommands.map(file => path.posix.join(commandSpecs, file))},
		...otherSpecs.map(file => ({suite, root, title: 'the client itself', files: [file]})),
	];
}

type Servers = Readonly<Record<ServerKind, SpecPorts>>;

async function withServers<Result>(
	{needsPassword}: SpecSuite,
	scratch: string,
	use: (servers: Servers) => Promise<Result>,
): Promise<Result> {
	const withPorts = async <R>(kind: ServerKind, useOne: (ports: SpecPorts) => Promise<R>): Promise<R> =>
		withServer(kind, scratch, async open => {
			if (!needsPassword) return useOne({open, withPassword: undefined});
			return withServer(kind, scratch, async withPassword => useOne({open, withPassword}), password);
		});
	return withPorts('redis', async redis => withPorts('threadraft', async threadraft => use({redis, threadraft})));
}

/** A spec that asks the server nothing says nothing of it. */
const askedOf = (report: SpecReport): SpecReport => ({
	...report,
	tests: report.tests.filter(({name}) => report.asked.has(name)),
});

async function judgeSuite(suite: SpecSuite, folder: string, scratch: string): Promise<readonly UnitJudgement[]> {
	const root = await specSource(suite, folder);
	const units = await unitsOf(suite, root);
	return withServers(suite, scratch, async servers => {
		const judgements: UnitJudgement[] = [];
		for (const unit of units) {
			const redis = askedOf(await runSpecs(unit, servers.redis, scratch));
			const names = redis.tests.map(({name}) => name);
			const here = await runReaching(names, unit, servers.threadraft, scratch);
			const judgement = judgeUnit(`${suite.name}, ${unit.title}`, redis, here, knownReasonsOf(suite.name, names));
			judgements.push(judgement);
			console.log(`${suite.name}, ${unit.files.at(-1) ?? ''}: ${judgement.okHere} of ${judgement.okAtRedis}`);
		}
		return [...new Set(units.map(({title}) => `${suite.name}, ${title}`))].map(title =>
			sumOf(
				title,
				judgements.filter(({unit}) => unit === title),
			),
		);
	});
}

function sumOf(unit: string, judgements: readonly UnitJudgement[]): UnitJudgement {
	const total = (figure: (judgement: UnitJudgement) => number): number =>
		judgements.reduce((sum, judgement) => sum + figure(judgement), 0);
	return {
		unit,
		tests: total(({tests}) => tests),
		okAtRedis: total(({okAtRedis}) => okAtRedis),
		okHere: total(({okHere}) => okHere),
		failures: judgements.flatMap(({failures}) => failures),
		refused: judgements.flatMap(({refused}) => refused),
		outdated: judgements.flatMap(({outdated}) => outdated),
	};
}

function headOf(suites: readonly SpecSuite[]): string {
	const date = new Date().toISOString().slice(0, 10);
	const redis = versionOf('redis-server')?.split(' sha')[0];
	const sources = suites.map(({name, tag}) => `${name} (${tag})`).join(' and ');
	return `# Specs of Redis clients at the port

${date}, Node ${process.versions.node}, the specs of ${sources} beside ${redis}: \`npm run client-specs\`. Of each client the specs of the commands that the port
offers, and those of the client itself; not those for clusters, sentinels and TLS. A test counts if it asks the server something and is ok at Redis.`;
}

async function run(): Promise<number> {
	const {out, source} = command.opts<Options>();
	const selected = specSuites.filter(({name}) => command.args.length === 0 || command.args.includes(name));
	const scratch = await makeScratch(tmpdir());
	const judgements: UnitJudgement[] = [];
	for (const suite of selected) judgements.push(...(await judgeSuite(suite, source, scratch)));
	const report = reportOf(judgements);
	console.log(report);
	if (out !== undefined) await writeFile(out, `${headOf(selected)}\n\n${report}`);
	for (const {unit, outdated} of judgements)
		for (const name of outdated) console.log(`${unit}: "${name}" is ok; its known reason can go`);
	return judgements.some(({failures}) => failures.some(({kind}) => kind === 'fault')) ? 1 : 0;
}

try {
	process.exitCode = await run();
} catch (error) {
	if (!(error instanceof NoSpecsError)) throw error;
	console.error(`client-specs: ${error.message}`);
	process.exitCode = 2;
}
