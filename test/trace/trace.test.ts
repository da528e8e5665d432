/** Traces of the simulator: they show the run as it was, and a reader refuses what is none. */
import {mkdtemp, readFile, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import test from 'ava';
import {codec} from '../../actors/codec/codec.js';
import {RunRecorder} from '../../actors/simulate/run-recorder.js';
import {simulateCommand} from '../../actors/simulate/simulate-command.js';
import {firstPicture, parseTrace, type Picture, pictureAfter, type Trace} from '../../actors/trace/parse-trace.js';
import {readTrace} from '../../actors/trace/trace-file.js';
import {simulate} from '../../src/simulation/simulate.js';
import {planted, textOf} from './planted-trace.js';

function picturesOf({header, steps}: Trace): readonly Picture[] {
	let picture = firstPicture(header.nodeCount);
	return steps.map(step => (picture = pictureAfter(picture, step)));
}

test('who watches a run changes nothing of it', t => {
	for (const seed of [2, 5]) {
		const alone = simulate({seed, codec, durationMs: 2000});
		const watched = simulate({seed, codec, durationMs: 2000, observer: new RunRecorder()});
		t.is(watched.traceHash, alone.traceHash);
	}
});

test('the trace of a planted bug ends with the invariant that broke, and shows how: a leader without votes', async t => {
	const {result, lines} = await planted(end => t.teardown(end), 'quorum-too-small');
	t.like(result.violation, {invariant: 'majorityVote', detail: 'node 0 leads term 1 with the votes of 0'});
	const trace = parseTrace(textOf(lines));
	const end = trace.steps.at(-1);
	t.like(end, {type: 'end', at: result.violation?.atMs, violation: {invariant: 'majorityVote'}});
	const pictures = picturesOf(trace);
	t.like(pictures.at(-1)?.nodes[0], {life: 'up', role: 'leader', term: 1});
	t.true(pictures.some(({nodes}) => nodes[0]?.role === 'candidate' || nodes[0]?.role === 'preCandidate'));
	const votes = new Set(
		trace.steps.flatMap(({sent = []}) => sent.filter(({text}) => text.startsWith('vote ') && /granted/.test(text))),
	);
	const arrived = new Set(trace.steps.flatMap(step => (step.type === 'arrived' ? [step.id] : [])));
	t.deepEqual(
		[...votes].filter(({id}) => arrived.has(id)),
		[],
	);
});

test('every message that arrives was sent before, and times never go back', t => {
	const recorder = new RunRecorder();
	const result = simulate({seed: 11, codec, durationMs: 4000, observer: recorder});
	const sent = new Set<number>();
	let arrived = 0;
	let at = 0;
	for (const step of recorder.lines(result, '')) {
		if (step.type === 'header') continue;
		t.true(step.at >= at);
		({at} = step);
		if (step.type === 'arrived') {
			arrived++;
			t.true(sent.has(step.id));
		}
		for (const {id} of step.sent ?? []) sent.add(id);
	}
	t.true(arrived > 100);
});

test('of a long run the newest steps are kept, and what was so before them', t => {
	const recorder = new RunRecorder(100);
	const whole = new RunRecorder();
	const result = simulate({seed: 11, codec, durationMs: 4000, observer: recorder});
	simulate({seed: 11, codec, durationMs: 4000, observer: whole});
	const short = recorder.lines(result, '');
	const all = whole.lines(result, '');
	t.true(short.length <= 203 && all.length > 1000);
	t.deepEqual(short.slice(2), all.slice(all.length - short.length + 2));
	t.deepEqual(picturesOf(parseTrace(textOf(short))).at(-1), picturesOf(parseTrace(textOf(all))).at(-1));
});

const header =
	'{"type":"header","format":"threadraft-trace","version":1,"source":"cluster","title":"","nodeCount":3}\n';
const wrongTexts: readonly (readonly [what: string, text: string, line: number, message: RegExp])[] = [
	['nothing', '', 1, /header/],
	['another file', '{"some":"json"}\n', 1, /header/],
	['a newer version', header.replace('"version":1', '"version":2'), 1, /version 2: open it with the program/],
	['too many nodes', header.replace('"nodeCount":3', '"nodeCount":300'), 1, /nodeCount/],
	['an unknown step', `${header}{"type":"dance","at":1}\n`, 2, /dance/],
	['a step without a time', `${header}{"type":"sample"}\n`, 2, /time/],
	['a broken line', `${header}{"type":"sam\n{"type":"sample","at":1}\n`, 2, /no JSON/],
];

for (const [what, text, line, message] of wrongTexts) {
	test(`a reader refuses ${what}, and names the line`, t => {
		const error = t.throws(() => parseTrace(text), {code: 'ERR_TRACE_FORMAT', message});
		t.like(error, {line});
	});
}

test('a last line that was cut off is left out', t => {
	const {steps} = parseTrace(`${header}{"type":"sample","at":1}\n{"type":"sam`);
	t.deepEqual(steps, [{type: 'sample', at: 1}]);
});

test('simulate --trace writes a file that says how to run the seed again', async t => {
	const directory = await mkdtemp(path.join(tmpdir(), 'threadraft-trace-'));
	t.teardown(() => rm(directory, {recursive: true}));
	const file = path.join(directory, 'seed.jsonl');
	let told = '';
	const errors = {write: (text: string) => ((told += text), true)} as unknown as NodeJS.WriteStream;
	const words = ['--seeds', '1', '--seed', '4', '--threads', '1', '--duration', '1000', '--trace', file];
	t.is(await simulateCommand(words, {output: {write: () => true}, errors}), 0);
	t.regex(told, /trace of seed 4 written to .*seed\.jsonl: \d+ lines/);
	const trace = parseTrace(await readTrace(file));
	t.like(trace.header, {source: 'simulation', nodeCount: simulate({seed: 4, codec, durationMs: 1000}).nodes});
	t.is(trace.header.command, 'threadraft simulate --seeds 1 --seed 4 --duration 1000 --profile all');
	t.is((await readFile(file, 'utf8')).split('\n').length - 2, trace.steps.length);
});

test('a trace that cannot be read or written is an error that names the file', async t => {
	const directory = await mkdtemp(path.join(tmpdir(), 'threadraft-trace-'));
	t.teardown(() => rm(directory, {recursive: true}));
	await t.throwsAsync(readTrace(path.join(directory, 'none')), {code: 'ERR_TRACE_FILE', message: /none: .*ENOENT/});
	const file = path.join(directory, 'other.json');
	await writeFile(file, '{}\n');
	await t.throwsAsync(readTrace(file), {code: 'ERR_TRACE_FORMAT'});
});
