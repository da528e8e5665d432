/**
 * The short form of the torture runs: every row for a few seconds, with the same draws each time. `npm run torture` gives them
 * minutes, and draws anew.
 */
import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {needing} from '../needs.js';
import {rows} from './catalogue.js';
import {runRow} from './run-row.js';

const seed = 20_261_129;

for (const row of rows.filter(({isInTests}) => isInTests)) {
	// One after the other: they would take each other's time, descriptors and memory.
	needing(row.missing?.())(`${row.name}: ${row.title}`, async t => {
		t.timeout(180_000);
		const folder = await mkdtemp(path.join(tmpdir(), `threadraft-torture-${row.name}-`));
		const task = {name: row.name, seed, budgetMs: row.shortMs, isLong: false, folder};
		const run = await runRow(task, {signal: new AbortController().signal, progress: () => undefined});
		const {verdict, reasons, faults, operations, seconds} = run;
		t.log(`seed ${seed}: ${verdict}, ${faults} faults, ${operations} operations, ${seconds.toFixed(1)} s`);
		if (verdict === 'failed') t.log(`evidence: ${folder}`);
		else await rm(folder, {recursive: true, force: true});
		t.is(verdict, 'passed', reasons.join('\n'));
	});
}
