import test from 'ava';
import {type ClientsDropped, DroppedClients} from '../../actors/redis/dropped-clients.js';

test('clients that are dropped in a flood are told once a second, and to the operator once a minute, with how many they were', t => {
	let now = 0;
	const notices: string[] = [];
	const events: ClientsDropped[] = [];
	const dropped = new DroppedClients({
		notice: text => notices.push(text),
		event: event => events.push(event),
		now: () => now,
	});
	for (let client = 0; client < 130; client++, now += 500) dropped.add('evicted', `client ${client}`, 'too much');
	t.deepEqual(dropped.counts, {evicted: 130, unreadReplies: 0});
	t.deepEqual(notices, [
		'the Redis client client 0 is dropped: too much',
		'the Redis client client 120 is dropped: too much (and 119 more since the last such line)',
	]);
	t.is(events.length, 65);
	t.deepEqual(events.slice(0, 2), [
		{type: 'clientsDropped', cause: 'evicted', address: 'client 0', reason: 'too much', count: 1},
		{type: 'clientsDropped', cause: 'evicted', address: 'client 2', reason: 'too much', count: 2},
	]);
});
