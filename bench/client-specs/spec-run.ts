/** Runs spec files of a client on one server, by the mocha that the client brings along. */
import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {readFile, rm} from 'node:fs/promises';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import type {TestReport, UnitReport} from '../redis-suite/unit-run.js';
import type {SpecSuite} from './suites.js';

export interface SpecUnit {
	readonly suite: SpecSuite;
	readonly root: string;
	/** What they are about. */
	readonly title: string;
	/** From the suite's `workFolder`. */
	readonly files: readonly string[];
}

/** The ports of one kind of server. */
export interface SpecPorts {
	readonly open: number;
	/** Of one that wants the password 'password'. */
	readonly withPassword: number | undefined;
}

export interface SpecReport extends UnitReport {
	/** Names of the tests that have asked the server. */
	readonly asked: ReadonlySet<string>;
	/** What comes before or behind each test of a block has failed, so that the others of the block were not run. */
	readonly unreached: readonly {readonly prefix: string; readonly details: string}[];
}

const unitTimeoutMs = 480_000;
const here = fileURLToPath(new URL('.', import.meta.url));

interface MochaTest {
	readonly fullTitle: string;
	readonly err: {readonly message?: string; readonly stack?: string};
}

interface MochaReport {
	readonly tests: readonly MochaTest[];
	readonly passes: readonly MochaTest[];
	readonly failures: readonly MochaTest[];
	readonly pending: readonly MochaTest[];
}

/** `scratch`: a folder for what mocha writes. `only`: the title of the test to run. */
export async function runSpecs(unit: SpecUnit, ports: SpecPorts, scratch: string, only?: string): Promise<SpecReport> {
	const output = path.join(scratch, 'report.json');
	const askedFile = path.join(scratch, 'asked.json');
	await Promise.all([output, askedFile].map(async file => rm(file, {force: true})));
	const last = await runMocha(unit, ports, {output, askedFile, only});
	const texts = await Promise.all([output, askedFile].map(async file => readFile(file, 'utf8'))).catch(() => undefined);
	if (texts === undefined)
		return {tests: [], remarks: [`it ended without a report: ${last}`], asked: new Set(), unreached: []};
	// Errors name files, whose place is that of this run.
	const [report, asked] = texts.map(text => JSON.parse(text.replaceAll(`${unit.root}${path.sep}`, '')) as unknown) as [
		MochaReport,
		readonly string[],
	];
	return reportOfMocha(report, asked);
}

/** Resolves with the last that it said. */
async function runMocha(
	{suite, root, files}: SpecUnit,
	ports: SpecPorts,
	{output, askedFile, only}: {readonly output: string; readonly askedFile: string; readonly only: string | undefined},
): Promise<string> {
	const {setup, mochaArgs, workFolder} = suite;
	const cwd = path.join(root, workFolder);
	const first = setup === undefined ? [] : ['--file', path.join(here, setup)];
	const reporter = ['--reporter', 'json', '--reporter-option', `output=${output}`];
	const mocha = path.join(root, 'node_modules/mocha/bin/mocha.js');
	const selected = only === undefined ? [] : ['--fgrep', only];
	const args = [
		...selected,
		'--exit',
		'--require',
		path.join(here, 'hooks.js'),
		...mochaArgs,
		...first,
		...reporter,
		...files,
	];
	const child = spawn(process.execPath, [mocha, ...args, '--redis-tag=7.0.15', '--redis-version=7.0'], {
		cwd,
		env: {
			...process.env,
			NODE_ENV: 'test',
			TS_NODE_TRANSPILE_ONLY: 'true',
			SPEC_PORT: String(ports.open),
			SPEC_ASKED: askedFile,
			...(ports.withPassword === undefined ? {} : {SPEC_PASSWORD_PORT: String(ports.withPassword)}),
		},
		stdio: ['ignore', 'pipe', 'pipe'],
		timeout: unitTimeoutMs,
		killSignal: 'SIGKILL',
	});
	let last = '';
	for (const stream of [child.stdout, child.stderr])
		stream.setEncoding('utf8').on('data', (text: string) => (last = (last + text).slice(-300)));
	await once(child, 'close');
	return last;
}

/** Tests of one name are numbered, as there are several. */
function reportOfMocha({passes, failures, pending, tests}: MochaReport, asked: readonly string[]): SpecReport {
	const passed = new Set(passes.map(test => JSON.stringify(test)));
	const left = new Set(pending.map(test => JSON.stringify(test)));
	const counts = new Map<string, number>();
	const reports: TestReport[] = [];
	const numbered = new Set<string>();
	for (const test of tests) {
		if (left.has(JSON.stringify(test))) continue;
		const count = (counts.get(test.fullTitle) ?? 0) + 1;
		counts.set(test.fullTitle, count);
		const name = count === 1 ? test.fullTitle : `${test.fullTitle} (${count})`;
		if (asked.includes(test.fullTitle)) numbered.add(name);
		reports.push({name, verdict: passed.has(JSON.stringify(test)) ? 'ok' : 'failed', details: detailsOf(test)});
	}
	const remarks: string[] = [];
	const unreached: {readonly prefix: string; readonly details: string}[] = [];
	for (const failure of failures) {
		const [, prefix] = /^(.*) "(?:before|after)(?: each| all)" hook/s.exec(failure.fullTitle) ?? [];
		if (prefix === undefined) continue;
		unreached.push({prefix, details: detailsOf(failure)});
		remarks.push(`${failure.fullTitle}: ${failure.err.message ?? ''}`);
	}
	return {tests: reports, remarks, asked: numbered, unreached};
}

/** As `judgeUnit` reads them: the name, and what it failed with. */
const detailsOf = ({fullTitle, err}: MochaTest): string => `${fullTitle}\n${err.message ?? ''}`;

/**
 * The tests of these names. One that fails may end its block, or all that comes behind it in its process: what was not reached is run
 * alone, and if a hook fails before it, has failed by that.
 */
export async function runReaching(
	names: readonly string[],
	unit: SpecUnit,
	ports: SpecPorts,
	scratch: string,
): Promise<SpecReport> {
	const report = await runSpecs(unit, ports, scratch);
	const reached = new Set(report.tests.map(({name}) => name));
	const others: TestReport[] = [];
	for (const name of names.filter(each => !reached.has(each))) {
		const alone = await runSpecs(unit, ports, scratch, name);
		const cause = alone.unreached.find(({prefix}) => name.startsWith(prefix));
		const found = alone.tests.find(test => test.name === name);
		if (found !== undefined) others.push(found);
		else if (cause !== undefined) others.push({name, verdict: 'failed', details: cause.details});
	}
	return {...report, tests: report.tests.concat(others)};
}
