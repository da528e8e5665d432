/** Runs the axes, each in a process of its own in each round, and takes the medians. */
import {fork} from 'node:child_process';
import {fileURLToPath} from 'node:url';
import {median} from '../median.js';
import type {Progress} from '../progress.js';
import type {AxisNews, AxisTask} from './axis-process.js';
import {axisIds, pointAt, workloads, type AxisId, type ScalePlan} from './plan.js';
import type {AxisSample, Sample, ScaleCell} from './results.js';

const entry = fileURLToPath(new URL('./axis-process.js', import.meta.url));

export const samplesOf = ({axes, rounds}: ScalePlan): number =>
	rounds * workloads.length * axisIds.reduce((sum, axis) => sum + axes[axis].length, 0);

export async function runScale(plan: ScalePlan, progress: Progress): Promise<readonly ScaleCell[]> {
	const samples: (AxisSample & {readonly axis: AxisId})[] = [];
	for (let round = 0; round < plan.rounds; round++) {
		for (const axis of axisIds) {
			if (plan.axes[axis].length === 0) continue;
			await runAxis({axis, values: plan.axes[axis], plan}, ({at, workload, sample}) => {
				samples.push({axis, at, workload, sample});
				progress.step(`${axis} ${at}, ${workload}s`);
			});
		}
	}
	return axisIds.flatMap(axis =>
		plan.axes[axis].flatMap(at =>
			workloads.map((workload): ScaleCell => {
				const found = samples.filter(each => each.axis === axis && each.at === at && each.workload === workload);
				const rounds = found.map(({sample}) => sample);
				return {axis, at, point: pointAt(axis, at), workload, rounds, median: medianOf(rounds)};
			}),
		),
	);
}

function medianOf(rounds: readonly Sample[]): Sample {
	const of = (name: keyof Sample): number => median(rounds.map(sample => sample[name]));
	return {
		opsPerSecond: of('opsPerSecond'),
		p50Us: of('p50Us'),
		p99Us: of('p99Us'),
		cpuUs: of('cpuUs'),
		failures: rounds.reduce((sum, {failures}) => sum + failures, 0),
		rssMiB: of('rssMiB'),
	};
}

function runAxis(task: AxisTask, told: (sample: AxisSample) => void): Promise<void> {
	const child = fork(entry, {serialization: 'advanced'});
	return new Promise((resolve, reject) => {
		child.on('message', (news: AxisNews) => {
			if (news.type === 'sample') told(news.sample);
			else if (news.type === 'failed') reject(new Error(`${task.axis}: ${news.message}`));
			else resolve();
		});
		child.once('exit', code => reject(new Error(`${task.axis}: its process ended (${code}) before it was done`)));
		child.send(task);
	});
}
