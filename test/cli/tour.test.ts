/** `threadraft tour` as a process of its own, on its real cluster. Each step judges itself whether its effect was to be seen. */
import test from 'ava';
import {tourSteps} from '../../actors/tour/steps/all.js';
import {launch, run} from './cli-process.js';

test.serial('the tour goes through all steps by itself, and each shows what it is there to show', async t => {
	const {status, output, errors} = await run(t, ['tour', '--yes'], '');
	t.is(errors, '');
	t.is(status, 0);
	for (const [place, {title}] of tourSteps.entries()) t.true(output.includes(`\n${place + 1}. ${title}\n`), title);
	const [, ...pages] = output.split(/^\d+\. .*\n {3}\(.*\)\n/m);
	t.is(pages.length, tourSteps.length);
	for (const [place, page] of pages.entries()) t.regex(page, /^=> /m, `step ${place + 1}`);
	const [elect = '', , crash = '', partition = '', splitVote = '', stale = '', snapshot = '', once = '', bug = ''] =
		pages;
	// A terminal of 80 columns would break it, and the rest would have no arrow.
	for (const told of output.match(/^=> .*$/gm) ?? []) t.true(told.length <= 80, told);
	t.is(elect.match(/│ leader /g)?.length, 1, elect);
	t.regex(crash, /Node (\d) led in term (\d)\. Node (?!\1)\d leads in term (?!\2)\d/);
	t.regex(partition, /> get city\nZug\n/);
	t.notRegex(splitVote.slice(splitVote.indexOf('> status'), splitVote.indexOf('> heal')), / leader /);
	t.regex(stale, /reads city: no answer/);
	t.regex(snapshot, /took in a snapshot of everything up to index [1-9]/);
	t.regex(once, /> get marks\nx{20}\n/);
	t.regex(bug, /with the bug: violation\n(?:.*\n)+10 operations without the bug: ok\n/);
});

test.serial('the tour takes its answers from a pipe, and ends with it', async t => {
	const {status, output, errors} = await run(t, ['tour'], '\nskip\nput a b\nget a\nback\nquit\n');
	t.is(errors, '');
	t.is(status, 0);
	t.regex(output, /=> Node \d leads in term \d+/);
	t.regex(output, /\nb\n/);
	t.is(output.match(/^1\. A leader is elected$/gm)?.length, 2);
});

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
	test.serial(`the tour is left cleanly by ${signal}, in the middle of a step`, async t => {
		const running = launch(t, ['tour', '--yes']);
		await running.said(/(> put city Bern)/);
		running.process.kill(signal);
		const {status, output, errors} = await running.exit;
		t.is(errors, '');
		t.is(status, 130);
		t.regex(output, /The tour is left; its cluster is stopped\.\n$/);
	});
}
