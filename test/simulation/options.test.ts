import {inspect} from 'node:util';
import test from 'ava';
import {codec} from '../../actors/codec/codec.js';
import {exitStatus, simulateCommand} from '../../actors/simulate/simulate-command.js';
import {SimulationOptionError} from '../../src/simulation/options.js';
import {simulate, type SimulationOptions} from '../../src/simulation/simulate.js';

const wrong: readonly (readonly [option: string, given: unknown])[] = [
	['seed', undefined],
	['seed', -1],
	['seed', '7'],
	['nodes', 1000],
	['nodes', 0],
	['nodes', 2.5],
	['durationMs', NaN],
	['durationMs', Infinity],
	['untilMs', 0],
	['timelineLength', -3],
	['profile', 'everything'],
	['onlyFaults', 'none'],
	['onlyFaults', [1, -2]],
	['codec', {}],
];

for (const [option, given] of wrong) {
	test(`a simulation names the option that cannot be meant: ${option} ${inspect(given)}`, t => {
		const options = {seed: 1, codec, durationMs: 10, [option]: given} as unknown as SimulationOptions;
		const error = t.throws(() => simulate(options), {instanceOf: SimulationOptionError});
		t.like(error, {code: 'ERR_OPTION', option, given});
		t.true(error.message.includes(error.allowed));
	});
}

test('a simulation knows no option that is misspelt', t => {
	const options = {seed: 1, codec, duration: 10} as unknown as SimulationOptions;
	t.like(
		t.throws(() => simulate(options), {instanceOf: SimulationOptionError}),
		{option: 'options.duration'},
	);
});

const wrongWords: readonly (readonly string[])[] = [
	['--nodes', '1000'],
	['--nodes', 'three'],
	['--seeds', '0'],
	['--seed', '-1'],
	['--duration', '1e99'],
	['--threads', '1000'],
	['--timeline', ''],
	['--stall', '0'],
	['--only-faults', '1,x'],
	['--profile', 'everything'],
	['--node', '3'],
];

for (const words of wrongWords) {
	test(`the command refuses ${words.join(' ')}, and says what is allowed`, async t => {
		let told = '';
		const errors = {write: (text: string) => (told += text)} as unknown as NodeJS.WritableStream;
		const output = {write: () => true} as unknown as NodeJS.WriteStream;
		t.is(await simulateCommand(words, {output, errors}), exitStatus.usage);
		t.regex(told, new RegExp(`${words[0]}`));
		t.regex(told, /Write a whole number from|Allowed choices|unknown option/);
	});
}
