/** The way through the tour, with steps and a cluster of the test's own. test/cli/tour.test.ts goes through the real one. */
import test, {type ExecutionContext} from 'ava';
import type {Cluster} from '../../actors/cluster/cluster.js';
import type {LineResult} from '../../actors/console/line-runner.js';
import {tourSteps} from '../../actors/tour/steps/all.js';
import {TourError, type TourHands, type TourStep} from '../../actors/tour/step.js';
import {runTour, type TourOptions} from '../../actors/tour/tour.js';

/** All is well with it. */
const cluster = {
	faults: {reset: () => undefined},
	status: async () => [],
	waitForLeader: async () => 0,
	on: () => undefined,
	off: () => undefined,
} as unknown as Cluster;

const step = (title: string, run: (hands: TourHands) => Promise<void> = async () => undefined): TourStep => ({
	title,
	source: 'here',
	story: [`story of ${title}`],
	lines: [`lines of ${title}`],
	run: async hands => {
		await run(hands);
		return [`seen ${title}`];
	},
});

const three = [step('one'), step('two'), step('three')];

interface Visit {
	readonly ended: Promise<boolean>;
	/** All that was printed. */
	readonly text: () => string;
	/** The titles of the steps that were carried out. */
	readonly done: () => readonly string[];
}

function visit(answers: readonly string[], options: Partial<TourOptions> = {}): Visit {
	let text = '';
	const left = [...answers];
	const ended = runTour({
		cluster,
		run: async line => (line === 'bad' ? {type: 'failed', message: 'no'} : {type: 'answered', text: `did ${line}`}),
		print: line => (text += `${line}\n`),
		ask: async () => left.shift(),
		isUnattended: false,
		signal: new AbortController().signal,
		steps: three,
		...options,
	});
	return {ended, text: () => text, done: () => [...text.matchAll(/^=> seen (.*)$/gm)].map(([, title]) => title ?? '')};
}

test('Enter does each step, and Enter again goes on, until the end', async t => {
	const {ended, text, done} = visit(['', '', 'next', '', '', '']);
	t.true(await ended);
	t.deepEqual(done(), ['one', 'two', 'three']);
	t.regex(text(), /1\. one\n {3}\(here\)\n\nstory of one\n\nEnter types:\n {2}lines of one\n\n=> seen one\n/);
	t.regex(text(), /That was the tour/);
});

test('skip leaves a step out, back goes back to one, and quit leaves', async t => {
	const {ended, text, done} = visit(['skip', '', 'back', 'back', '', 'quit', '']);
	t.false(await ended);
	t.deepEqual(done(), ['two', 'one']);
	t.deepEqual(
		[...text().matchAll(/^\d\. (\w+)$/gm)].map(([, title]) => title),
		['one', 'two', 'one', 'one'],
	);
});

test('where nobody answers any more, the tour is left', async t => {
	const {ended, done} = visit(['']);
	t.false(await ended);
	t.deepEqual(done(), ['one']);
});

test('any other line is one of the console', async t => {
	const {ended, text} = visit(['put a b', 'bad', 'quit']);
	t.false(await ended);
	t.regex(text(), /did put a b\nno\n/);
});

test('what a step types is shown with its answer; a line that fails is told, and the step can be done again', async t => {
	let times = 0;
	const typing = step('typing', async hands => {
		t.is(await hands.type('put a b'), 'did put a b');
		if (times++ === 0) await hands.type('bad');
	});
	const {ended, text, done} = visit(['', '', ''], {steps: [typing]});
	t.true(await ended);
	t.regex(text(), /> put a b\ndid put a b\n> bad\n"bad" failed: no\. Enter does it again/);
	t.deepEqual(done(), ['typing']);
});

test('a step that does not show what it should ends a tour that nobody attends', async t => {
	const failing = step('failing', async () => {
		throw new TourError('this was not to be seen: a leader');
	});
	const {ended} = visit(['', '', ''], {steps: [failing], isUnattended: true});
	await t.throwsAsync(ended, {code: 'ERR_TOUR'});
});

test('once it is interrupted, nothing more is typed, and the tour is left', async t => {
	const controller = new AbortController();
	const long = step('long', async hands => {
		controller.abort();
		await hands.type('put a b');
	});
	const ran: string[] = [];
	const run = async (line: string): Promise<LineResult> => {
		ran.push(line);
		return {type: 'empty'};
	};
	const {ended} = visit(['', '', ''], {steps: [long, ...three], signal: controller.signal, run});
	t.false(await ended);
	t.deepEqual(ran, []);
});

function assertFits(t: ExecutionContext, lines: readonly string[]): void {
	for (const line of lines) t.true(line.length <= 80, line);
}

test('there are ten steps; each names its source, and its page fits a terminal of 80 by 24', t => {
	t.is(tourSteps.length, 10);
	for (const {title, source, story, lines} of tourSteps) {
		assertFits(t, [`10. ${title}`, `   (${source})`, ...story, ...lines.map(line => `  ${line}`)]);
		t.regex(source, /^Raft paper, \d/);
		// Blank line, title, source, blank line; blank line, heading; the prompt.
		t.true(4 + story.length + 2 + lines.length + 1 <= 24, title);
	}
});
