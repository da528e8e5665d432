/**
 * Question: what does an operation cost as keys, values, clients, operations in flight and nodes grow?
 *
 *     npm run scale -- [--quick] [--keys 10000000] [--axes keys,clients] [--out DIR] [--markdown]
 */
import {mkdir, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {Command, InvalidArgumentError, Option} from 'commander';
import {describeMachine} from '../machine.js';
import {startProgress} from '../progress.js';
import {axisIds, fullPlan, quickPlan, smokePlan, type AxisId, type ScalePlan} from './plan.js';
import {plotName, plotOfAxis} from './plots.js';
import {pageOf} from './report.js';
import type {ScaleResults} from './results.js';
import {runScale, samplesOf} from './run.js';

interface Flags {
	readonly quick?: true;
	readonly smoke?: true;
	readonly axes?: readonly AxisId[];
	readonly keys?: number;
	readonly rounds?: number;
	readonly seconds?: number;
	readonly out?: string;
	readonly markdown?: true;
}

const page = 'bench/results/scale.md';
/** Of the plots, beside the page. */
const plotsFolder = 'scale';

const flags = new Command('npm run scale --')
	.description('Measures what an operation costs over keys, bytes of values, clients, operations in flight and nodes.')
	.addOption(new Option('--quick', 'one short round').conflicts('smoke'))
	.addOption(new Option('--smoke', 'only whether it runs; the figures mean nothing'))
	.option('--axes <list>', axisIds.join(','), axesOf)
	.option('--keys <n>', 'most keys; ten million take some 16 GiB (default: 1000000)', positive)
	.option('--rounds <n>', 'measurements of each point, whose median counts', positive)
	.option('--seconds <s>', 'of each measurement', positive)
	.option('--out <dir>', 'where JSON and plots go (default: a folder beside the temporary files)')
	.option('--markdown', `write ${page} and its plots`)
	.parse()
	.opts<Flags>();

// An exit that is none by signal lets everything be cleaned up.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

const plan = planOf(flags);
const startedAt = new Date().toISOString();
const machine = await describeMachine(tmpdir());
const progress = startProgress(samplesOf(plan));
try {
	const cells = await runScale(plan, progress);
	progress.stop();
	const command = ['npm run scale --', ...process.argv.slice(2)].join(' ');
	const results: ScaleResults = {formatVersion: 1, startedAt, machine, plan, command, cells};
	const measured = axisIds.filter(axis => plan.axes[axis].length > 0);
	const out = flags.out ?? path.join(tmpdir(), 'threadraft-scale');
	const folder = flags.markdown === true ? path.join(path.dirname(page), plotsFolder) : out;
	await mkdir(out, {recursive: true});
	await mkdir(folder, {recursive: true});
	await writeFile(path.join(out, 'scale.json'), `${JSON.stringify(results, undefined, '\t')}\n`);
	for (const axis of measured) await writeFile(path.join(folder, plotName(axis)), plotOfAxis(axis, cells, plan.rounds));
	const prefix = flags.markdown === true ? `${plotsFolder}/` : '';
	const text = pageOf(results, new Map(measured.map(axis => [axis, `${prefix}${plotName(axis)}`])));
	if (flags.markdown === true) await writeFile(page, text);
	console.log(`${text}\n${path.join(out, 'scale.json')}`);
} finally {
	progress.stop();
}

function planOf({quick, smoke, axes = axisIds, keys, rounds, seconds}: Flags): ScalePlan {
	const chosen = smoke === true ? smokePlan : quick === true ? quickPlan : fullPlan;
	const valuesOf = (axis: AxisId): readonly number[] => {
		if (!axes.includes(axis)) return [];
		if (axis !== 'keys' || keys === undefined) return chosen.axes[axis];
		const powers = Array.from({length: 8}, (_, power) => 1000 * 10 ** power);
		return [...powers.filter(power => power < keys), keys];
	};
	return {
		...chosen,
		axes: Object.fromEntries(axisIds.map(axis => [axis, valuesOf(axis)])) as unknown as ScalePlan['axes'],
		rounds: rounds ?? chosen.rounds,
		measureMs: seconds === undefined ? chosen.measureMs : seconds * 1000,
	};
}

function positive(text: string): number {
	const value = Number(text);
	if (!(value > 0)) throw new InvalidArgumentError('a number above 0 is needed');
	return value;
}

function axesOf(text: string): readonly AxisId[] {
	return text.split(',').map(word => {
		const found = axisIds.find(axis => axis === word);
		if (found === undefined) throw new InvalidArgumentError(`'${word}' is none of ${axisIds.join(', ')}`);
		return found;
	});
}
