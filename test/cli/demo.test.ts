/** `threadraft demo`: the story is true each time that it is told, and it can be left. */
import test from 'ava';
import {launch} from './cli-process.js';

test('the demo tells five steps: the leader of a later term is another node, and no history is wrong', async t => {
	const {exit} = launch(t, ['demo', '--pace', '1']);
	const {status, output, errors} = await exit;
	t.is(errors, '');
	t.is(status, 0);
	t.deepEqual(
		[...output.matchAll(/^(\d)\/5 /gm)].map(([, step]) => step),
		['1', '2', '3', '4', '5'],
	);
	const [, killed] = /> kill (\d)\n {2}node \1 is down/.exec(output) ?? [];
	const [, next, term] = /node (\d) leads in term (\d+), \d+ ms after the crash/.exec(output) ?? [];
	t.truthy(killed);
	t.not(next, killed);
	t.true(Number(term) >= 2);
	t.regex(output, new RegExp(`> restart ${killed}\n {2}node ${killed} is up`));
	t.regex(output, /> load stop\n[\s\S]*^ {2}linearizable\b/m);
});

test('a signal ends the demo in the middle, and all of it', async t => {
	const running = launch(t, ['demo', '--pace', '3600']);
	await running.said(/(Open http)/);
	running.process.kill('SIGINT');
	const {status, errors} = await running.exit;
	t.is(status, 130);
	t.is(errors, '');
});
