/** The table of what a run of seeds has been through, for people. */
import type {CoverageSummary} from './run-seeds.js';

const columns = 2;
const kindWidth = 58;
const countWidth = 10;
const seedsWidth = 6;

/** All kinds that were met, in columns, and then those that were not. */
export function coverageText(coverage: CoverageSummary): readonly string[] {
	const kinds = Object.entries(coverage);
	const met = kinds.filter(([, {count}]) => count > 0);
	const missed = kinds.filter(([, {count}]) => count === 0).map(([kind]) => kind);
	const cells = met.map(
		([kind, {count, seeds}]) =>
			kind.slice(0, kindWidth).padEnd(kindWidth) +
			count.toLocaleString('en-US').padStart(countWidth) +
			String(seeds).padStart(seedsWidth),
	);
	const rows = Math.ceil(cells.length / columns);
	const head = 'what was met'.padEnd(kindWidth) + 'times'.padStart(countWidth) + 'seeds'.padStart(seedsWidth);
	const lines = Array.from({length: rows}, (_, row) =>
		Array.from({length: columns}, (__, column) => cells[column * rows + row] ?? '')
			.join('   ')
			.trimEnd(),
	);
	return [
		Array.from({length: Math.min(columns, cells.length)}, () => head).join('   '),
		...lines,
		missed.length === 0 ? 'every kind was met' : `never met: ${missed.join('; ')}`,
	];
}
