import {readFileSync} from 'node:fs';
import test from 'ava';
import {metricDefinitions} from '../../actors/metrics/catalogue.js';
import type {MetricDefinition} from '../../actors/metrics/definition.js';

const page = readFileSync(new URL('../../../docs/metrics.md', import.meta.url), 'utf8');

/** A name ends with its unit, as the conventions of Prometheus want it. */
const unitOf = (name: string): string => /_(seconds|bytes|entries|messages)(?:_total)?$/.exec(name)?.[1] ?? '';

const rowOf = ({name, type, labels, help}: MetricDefinition): string =>
	`| \`${name}\` | ${type} | ${labels.map(label => `\`${label}\``).join(', ')} | ${unitOf(name)} | ${help} |`;

test('docs/metrics.md has a row for each metric of the port, with its type, labels, unit and meaning, and no other', t => {
	const rows = page.split('\n').filter(line => /^\| `(?:threadraft|process)_/.test(line));
	t.deepEqual(rows, metricDefinitions.map(rowOf));
});
