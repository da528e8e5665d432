/** Keys and values. */
import {type Command, defineCommand} from '../command.js';
import {offerFile, offerKey, offerWords} from '../offers.js';
import {ABSENT, valueText} from '../value-text.js';
import {DONE, done} from './phrases.js';

const quoting = ['Quote what has blanks: "two words". Escapes: \\" \\\\ \\n \\r \\t, and \\xHH for any byte.'];

const valueOrAbsent = (value: Uint8Array | undefined): string => (value === undefined ? ABSENT : valueText(value));

export const dataCommands: readonly Command[] = [
	defineCommand({
		name: 'put',
		suggestedFor: ['write', 'store', 'insert'],
		usage: 'put KEY VALUE',
		summary: 'set a key',
		details: quoting,
		example: 'put city "New York"',
		topic: 'data',
		queue: 'data',
		completions: [offerKey],
		parse: words => ({key: words.bytes('a key'), value: words.bytes('a value')}),
		run: ({key, value}, {target, signal}) => done(target.put(key, value, signal)),
	}),
	defineCommand({
		name: 'get',
		suggestedFor: ['read', 'cat', 'fetch'],
		usage: 'get KEY',
		summary: 'read a key, linearizably',
		details: ['A key that is not there prints (absent).', ...quoting],
		example: 'get city',
		topic: 'data',
		queue: 'data',
		answersWithValue: true,
		completions: [offerKey],
		changesNothing: true,
		parse: words => words.bytes('a key'),
		run: async (key, {target, signal}) => valueOrAbsent(await target.get(key, signal)),
	}),
	defineCommand({
		name: 'append',
		usage: 'append KEY VALUE',
		summary: 'append to a value (an absent one counts as empty)',
		details: quoting,
		example: 'append city ", NY"',
		topic: 'data',
		queue: 'data',
		completions: [offerKey],
		parse: words => ({key: words.bytes('a key'), value: words.bytes('a value')}),
		run: ({key, value}, {target, signal}) => done(target.append(key, value, signal)),
	}),
	defineCommand({
		name: 'delete',
		suggestedFor: ['rm', 'remove', 'unset', 'erase'],
		usage: 'delete KEY',
		summary: 'delete a key',
		details: quoting,
		example: 'delete city',
		topic: 'data',
		queue: 'data',
		completions: [offerKey],
		parse: words => words.bytes('a key'),
		run: async (key, {target, signal}) => ((await target.delete(key, signal)) ? DONE : ABSENT),
	}),
	defineCommand({
		name: 'cas',
		suggestedFor: ['swap', 'compare'],
		usage: 'cas KEY OLD NEW',
		summary: 'compare and set: write NEW only where OLD is the value',
		details: [
			'OLD is a value, or (absent): then NEW is written only where the key does not exist. The text "(absent)" needs quotes.',
			'A comparison that does not hold is an answer and no failure.',
			...quoting,
		],
		example: 'cas city (absent) Boston',
		topic: 'data',
		queue: 'data',
		answersWithValue: true,
		completions: [offerKey, offerWords(ABSENT)],
		parse: words => ({
			key: words.bytes('a key'),
			expected: words.bytesOrAbsent('the old value'),
			value: words.bytes('the new value'),
		}),
		run: async ({key, expected, value}, {target, signal}) => {
			const result = await target.compareAndSet(key, expected, value, signal);
			return result.type === 'written' ? DONE : `(unchanged) ${valueOrAbsent(result.value)}`;
		},
	}),
	defineCommand({
		name: 'backup',
		usage: 'backup FILE',
		summary: 'write the state of now into one file, while the cluster goes on',
		details: [
			'FILE must not exist yet. Every write that was answered before is in it.',
			'"threadraft restore FILE --dir NEW" makes a new cluster of it; "threadraft verify FILE" checks it.',
		],
		example: 'backup before-the-storm.backup',
		topic: 'data',
		completions: [offerFile],
		parse: words => words.text('a file'),
		run: (file, {target, signal}) => target.backup(file, signal),
	}),
];
