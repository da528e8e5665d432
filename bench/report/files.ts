/** Writes a run's files: the numbers as JSON, the plots as SVG. */
import {mkdir, writeFile} from 'node:fs/promises';
import path from 'node:path';
import type {Results} from '../results.js';
import {plotsOf} from './plots.js';

export const jsonName = 'results.json';

/** The names of what was written. */
export async function writeReport(directory: string, results: Results): Promise<readonly string[]> {
	await mkdir(directory, {recursive: true});
	await writeFile(path.join(directory, jsonName), `${JSON.stringify(results, rounded, '\t')}\n`);
	const plots = plotsOf(results);
	for (const {fileName, svg} of plots) await writeFile(path.join(directory, fileName), svg);
	return [jsonName, ...plots.map(({fileName}) => fileName)];
}

/** Five digits say more than any clock here knows. */
const rounded = (_: string, value: unknown): unknown =>
	typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(5)) : value;
