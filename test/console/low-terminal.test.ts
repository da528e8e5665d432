/** What is longer than the terminal is high. */
import test from 'ava';
import type {RecordEntry} from '../../actors/index.js';
import {Terminal} from './terminal.js';

test.serial('at a terminal of 24 lines a long timeline leaves its rows in sight', async t => {
	const terminal = new Terminal();
	const marks = Array.from({length: 50}, (_, number): RecordEntry => ({
		type: 'mark',
		atMs: 100 + number,
		name: `m${number}`,
	}));
	const {head, entries} = terminal.target.recorded;
	terminal.target.recorded = {head: {...head, lengthMs: 1000}, entries: [...entries, ...marks]};
	await terminal.reads('> ');
	terminal.type('timeline\r');
	const answer = await terminal.reads('mark m49\n');
	t.regex(answer, /leads/);
	// With the line that was typed; the next prompt needs the 24th.
	t.true(answer.trimEnd().split('\n').length <= 23, answer);
	t.is(await terminal.quit(), 0);
});
