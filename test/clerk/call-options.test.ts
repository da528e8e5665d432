import test from 'ava';
import {Cluster, OptionError} from '../../actors/index.js';

const any = (value: unknown): never => value as never;

test('an option that does not exist is refused at the call, and nothing is done: what it asked for would not have been', async t => {
	await using cluster = await Cluster.start({nodes: 1});
	const clerk = cluster.clerk();
	const calls: readonly (readonly [string, () => Promise<unknown>])[] = [
		['there is no option ttl: did you mean ttlMs?', () => clerk.put('k', 'v', any({ttl: 5}))],
		['there is no option timeoutMs: there are signal', () => clerk.get('k', any({timeoutMs: 5}))],
		['there is no option keepsExpiry: there are signal', () => clerk.append('k', 'v', any({keepsExpiry: true}))],
		['there is no option prefx: did you mean prefix?', () => clerk.range(any({prefx: 'k'})).next()],
		['there is no option form: did you mean from?', () => clerk.watch(any({form: 1})).next()],
		['there is no option iff: there are if, do, else', () => clerk.transaction(any({iff: [], do: []}))],
		['there is no option condition.isnot', () => clerk.transaction({if: [any({key: 'k', isnot: 'absent'})], do: []})],
		[
			'there is no option step.ttl: did you mean ttlMs?',
			() => clerk.transaction({do: [any({type: 'put', key: 'k', value: 'v', ttl: 5})]}),
		],
		[
			'step.type must be get, put, append, delete, increment, expire, persist',
			() => clerk.transaction({do: [any({type: 'toString', key: 'k'})]}),
		],
		['step must be an object, not null', () => clerk.transaction({do: [any(null)]})],
		['options must be an object, not 5', () => clerk.delete('k', any(5))],
		['signal must be an AbortSignal, not 5', () => clerk.put('k', 'v', {signal: any(5)})],
	];
	for (const [message, call] of calls) {
		const error = await t.throwsAsync(async () => call(), {instanceOf: OptionError});
		t.true(error?.message.startsWith(message), error?.message);
	}
	t.is(await clerk.get('k', {signal: undefined}), undefined);
});
