/**
 * Questions: how far is threadraft from what this machine could do at most, and how does it compare with etcd and with
 * what else there is; how long does a leader crash hold everybody up; does it stay as it is over minutes?
 *
 *     npm run bench -- [--quick | --soak [minutes]] [--out DIR] ...      (README.md beside this file; --help)
 */
import {mkdir, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {Command, InvalidArgumentError, Option} from 'commander';
import {againstText, buildIn, comparable, loadsAgainst, runAgainst} from './against.js';
import {describeMachine} from './machine.js';
import {fullPlan, type Plan, quickPlan, smokePlan} from './plan.js';
import {startProgress} from './progress.js';
import {writeReport} from './report/files.js';
import {soakText, rateText, tablesOf, timeText} from './report/table.js';
import type {Results} from './results.js';
import {type Findings, loadsOf, runGroup} from './run.js';
import {runSoak} from './soak.js';
import {systems} from './systems/catalogue.js';
import type {Durability, SystemId, Workload} from './systems/system.js';

interface Flags {
	readonly quick?: true;
	readonly smoke?: true;
	readonly soak?: true | string;
	readonly against?: string;
	readonly peers?: true;
	readonly nodes?: readonly number[];
	readonly inFlight?: readonly number[];
	readonly systems?: readonly SystemId[];
	readonly workloads?: readonly Workload[];
	readonly durability?: readonly Durability[];
	readonly rounds?: number;
	readonly seconds?: number;
	readonly crashes?: number;
	readonly seed?: number;
	readonly out?: string;
	readonly dataDir: string;
}

const soakMinutes = 10;
const soakSampleSeconds = 10;
const soakInFlight = 64;
/** Beside another build. `rounds`: pairs of processes; `seconds`: of one turn. */
const againstDefaults = {
	nodes: [3],
	inFlight: [1, 64, 1024],
	workloads: ['write', 'read'],
	systems: ['threadraft'],
	rounds: 6,
	seconds: 0.15,
} as const;
/** So much longer than otherwise: builds of different size compile for differently long. */
const againstBreakIn = 4;
/** Above this share of busy cores the figures are another program's as well. */
const quietLoadMax = 0.2;

const program = new Command('npm run bench --')
	.description('Measures threadraft, its limit, etcd and Redis side by side; writes a table, JSON and SVG plots.')
	.addOption(new Option('--quick', 'a first impression in under a minute').conflicts(['smoke', 'soak']))
	.addOption(new Option('--smoke', 'only whether it runs; the figures mean nothing').conflicts('soak'))
	.option('--soak [minutes]', `one cluster under load for long (default: ${soakMinutes} minutes)`)
	.addOption(
		new Option(
			'--against <dir>',
			'a checkout of another build of ours, beside which this one is measured in pairs of processes (--rounds, 6)',
		).conflicts(['smoke', 'soak', 'quick', 'peers']),
	)
	.option('--peers', 'also the Raft packages of npm (see bench/results/notebook.md)')
	.option('--nodes <list>', 'cluster sizes, e.g. 3,5', numbers)
	.option('--in-flight <list>', 'operations in flight, e.g. 1,16,64,256,1024', numbers)
	.option('--systems <list>', systems.map(({id}) => id).join(','), oneOf(systems.map(({id}) => id)))
	.option('--workloads <list>', 'write,read,mixed', oneOf(['write', 'read', 'mixed']))
	.option('--durability <list>', 'memory,durable', oneOf(['memory', 'durable']))
	.option('--rounds <n>', 'measurements of each point, whose median counts', positive)
	.option('--seconds <s>', 'of each measurement', positive)
	.option('--crashes <n>', 'leader crashes of each system', number)
	.option('--seed <n>', 'of keys and mixes', number)
	.option('--out <dir>', 'where JSON and plots go (default: a folder beside the temporary files)')
	.option('--data-dir <dir>', 'the disk that durable systems write to', tmpdir());

// An exit that is none by signal lets everything be cleaned up.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

const flags = program.parse().opts<Flags>();
const out = flags.out ?? path.join(tmpdir(), 'threadraft-bench');
const startedAt = new Date().toISOString();
const machine = await describeMachine(flags.dataDir);
const {cpu, cores, node, fileSystem, fdatasyncUs} = machine;
console.log(`${cores} x ${cpu}, Node ${node}; ${flags.dataDir}: ${fileSystem}, fdatasync ${fdatasyncUs} us`);
if (machine.loadPerCore > quietLoadMax) {
	const share = (machine.loadPerCore * 100).toFixed(0);
	console.log(`Other programs keep ${share} % of the cores busy: the figures below are noise.`);
}
const common = {
	formatVersion: 1,
	startedAt,
	machine,
	systems: systems.map(({id, title, limit}) => ({id, title, limit})),
} as const;
if (flags.against === undefined) {
	const results: Results = flags.soak === undefined ? await measure(planOf(flags)) : await soak(flags.soak);
	const files = await writeReport(out, results);
	console.log(`\n${files.map(file => path.join(out, file)).join('\n')}`);
} else {
	await compare(flags.against);
}

async function compare(directory: string): Promise<void> {
	const strange = (flags.systems ?? []).find(id => !comparable.includes(id));
	if (strange !== undefined) program.error(`error: another build has no '${strange}': only ${comparable.join(', ')}`);
	const build =
		buildIn(directory) ?? program.error(`error: ${directory} holds no build: run "npm ci && npm run build" there`);
	const planned = planOf({...againstDefaults, ...flags});
	const plan = {...planned, breakInMs: planned.breakInMs * againstBreakIn};
	const progress = startProgress(loadsAgainst(plan));
	try {
		const comparisons = await runAgainst(plan, build, flags.dataDir, progress);
		progress.stop();
		console.log(
			`\nThis build, divided by the one in ${directory}; medians of ${plan.rounds} pairs of processes, least and most:`,
		);
		console.log(againstText(comparisons));
		await mkdir(out, {recursive: true});
		await writeFile(path.join(out, 'against.json'), `${JSON.stringify({...common, comparisons}, undefined, '\t')}\n`);
		console.log(`\n${path.join(out, 'against.json')}`);
	} finally {
		progress.stop();
	}
}

async function measure(plan: Plan): Promise<Results> {
	const progress = startProgress(loadsOf(plan));
	const findings: Findings[] = [];
	try {
		for (const nodes of plan.nodes) {
			for (const durability of plan.durabilities)
				findings.push(await runGroup(plan, nodes, durability, flags.dataDir, progress));
		}
	} finally {
		progress.stop();
	}
	const found: Results = {
		...common,
		plan,
		skipped: findings.flatMap(({skipped}) => skipped),
		cells: findings.flatMap(({cells}) => cells),
		crashes: findings.flatMap(({crashes}) => crashes),
		soak: undefined,
	};
	console.log(`\n${tablesOf(found)}`);
	return found;
}

async function soak(minutes: true | string): Promise<Results> {
	const group = {
		nodes: flags.nodes?.[0] ?? 3,
		durability: flags.durability?.[0] ?? 'durable',
		dataDirectory: flags.dataDir,
	};
	const seconds = 60 * (minutes === true ? soakMinutes : positive(minutes));
	const options = {
		workload: flags.workloads?.[0] ?? 'mixed',
		inFlight: flags.inFlight?.[0] ?? soakInFlight,
		seconds,
		sampleSeconds: Math.min(soakSampleSeconds, seconds / 6),
		seed: flags.seed ?? fullPlan.seed,
	};
	const result = await runSoak(group, options, ({atSeconds, opsPerSecond, p99Us, rssMiB, heapMiB, elections}) => {
		const memory = `RSS ${rssMiB.toFixed(0)} MiB, heap ${heapMiB.toFixed(0)} MiB`;
		const line = `${rateText(opsPerSecond)} ops/s, p99 ${timeText(p99Us)}, ${memory}, ${elections} elections`;
		console.log(`${atSeconds.toFixed(0).padStart(5)} s: ${line}`);
	});
	console.log(soakText(result));
	process.exitCode = result.verdict.isFlat ? 0 : 1;
	return {...common, plan: undefined, skipped: [], cells: [], crashes: [], soak: result};
}

function planOf(given: Flags): Plan {
	const base = given.smoke ? smokePlan : given.quick ? quickPlan : fullPlan;
	const peers = given.peers ? systems.filter(({isPeer}) => isPeer).map(({id}) => id) : [];
	return {
		...base,
		nodes: given.nodes ?? base.nodes,
		inFlight: given.inFlight ?? base.inFlight,
		systems: [...new Set([...(given.systems ?? base.systems), ...peers])],
		workloads: given.workloads ?? base.workloads,
		durabilities: given.durability ?? base.durabilities,
		rounds: given.rounds ?? base.rounds,
		measureMs: given.seconds === undefined ? base.measureMs : given.seconds * 1000,
		crashes: given.crashes ?? base.crashes,
		seed: given.seed ?? base.seed,
	};
}

function number(text: string): number {
	const value = Number(text);
	if (text.trim() === '' || !(value >= 0)) throw new InvalidArgumentError('it must be a number');
	return value;
}

function positive(text: string): number {
	const value = number(text);
	if (value === 0) throw new InvalidArgumentError('it must be more than 0');
	return value;
}

function numbers(text: string): readonly number[] {
	return text.split(',').map(positive);
}

function oneOf<T extends string>(allowed: readonly T[]): (text: string) => readonly T[] {
	return text =>
		text.split(',').map(word => {
			const found = allowed.find(each => each === word);
			if (found === undefined) throw new InvalidArgumentError(`'${word}' is none of ${allowed.join(', ')}`);
			return found;
		});
}
