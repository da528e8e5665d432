/** The table at the end of a run. */
import Table from 'cli-table3';
import type {RowRun} from './run-row.js';

export interface TableLine {
	readonly name: string;
	readonly seed: number;
	readonly run: RowRun;
	/** Where the evidence of a row that failed is. */
	readonly folder: string;
}

export function tableOf(lines: readonly TableLine[]): string {
	const table = new Table({
		head: ['row', 'seconds', 'faults', 'operations', 'longest pause', 'verdict', 'measured'],
		colAligns: ['left', 'right', 'right', 'right', 'right', 'left', 'left'],
		colWidths: [undefined, undefined, undefined, undefined, undefined, undefined, 60].map(width => width ?? null),
		wordWrap: true,
		style: {head: [], border: [], compact: true},
	});
	for (const {name, run} of lines) {
		const {seconds, faults, operations, longestPauseMs, verdict, notes, reasons} = run;
		const pause = longestPauseMs === undefined ? '' : `${Math.round(longestPauseMs)} ms`;
		const measured = verdict === 'skipped' ? reasons : notes;
		table.push([name, seconds.toFixed(0), faults, operations, pause, verdict, measured.join('; ')]);
	}
	return table.toString();
}

/** What is wrong with a row, where its evidence is, and how to see it again. */
export function failureText({name, seed, run, folder}: TableLine, minutes: number): string {
	return [
		`${name} failed:`,
		...run.reasons.map(reason => `  ${reason.replaceAll('\n', '\n  ')}`),
		`  evidence: ${folder}`,
		`  again:    npm run torture -- --seed ${seed} --minutes ${minutes} ${name}`,
	].join('\n');
}
