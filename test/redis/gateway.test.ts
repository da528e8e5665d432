import {once} from 'node:events';
import test from 'ava';
import {startRedisGateway} from '../../actors/redis/gateway.js';
import {StoreClient} from './store-client.js';
import {open, openGateway, readToEnd, talk, talkUntil} from './harness.js';

const info = () => Promise.resolve({});

test('a busy port is a typed error that says what to do', async t => {
	const {port} = await openGateway(t);
	const error = await t.throwsAsync(startRedisGateway({client: new StoreClient(), info, port}));
	t.like(error, {name: 'GatewayError', code: 'ERR_PORT_IN_USE', port, host: '127.0.0.1'});
	t.is(
		error?.message,
		`port ${port} on 127.0.0.1 is in use: stop what listens there, or choose another port (0 takes any free one)`,
	);
});

test('an address that is not ours is a typed error with its cause', async t => {
	const options = {client: new StoreClient(), info, host: '192.0.2.1', port: 0, password: 'hush'};
	const error = await t.throwsAsync(startRedisGateway(options));
	t.like(error, {name: 'GatewayError', code: 'ERR_LISTEN'});
	t.like(error?.cause, {code: 'EADDRNOTAVAIL'});
});

test('without a host the port listens on the loopback address alone', async t => {
	const gateway = await startRedisGateway({client: new StoreClient(), info, port: 0});
	t.teardown(() => gateway.close());
	t.is(gateway.address, '127.0.0.1');
});

test('closing cuts the connections, frees the port, and may be repeated', async t => {
	const client = new StoreClient();
	let openIt = () => {};
	client.gate = new Promise(resolve => {
		openIt = resolve;
	});
	const gateway = await openGateway(t, {client});
	const [idle, busy] = [await open(t, gateway.port), await open(t, gateway.port)];
	busy.write('SET a 1\r\nGET a\r\nINFO\r\n');
	idle.write('PING\r\n');
	await once(idle, 'data');
	const ended = Promise.all([readToEnd(idle), readToEnd(busy)]);
	await Promise.all([gateway.close(), gateway.close()]);
	t.deepEqual(await ended, ['', '']);
	// What was begun is settled later, and has nobody to tell.
	openIt();
	await gateway.close();
	const again = await startRedisGateway({client, info, port: gateway.port});
	t.is(again.port, gateway.port);
	t.is(await talk(again, 'GET a\r\n'), '$1\r\n1\r\n');
	await again.close();
});

test('one client too many is told so, and there is room again when another leaves', async t => {
	const {port} = await openGateway(t, {limits: {clientsMax: 1}});
	const first = await open(t, port);
	first.write('PING\r\n');
	await once(first, 'data');
	t.is(await readToEnd(await open(t, port)), '-ERR max number of clients reached\r\n');
	first.end('QUIT\r\n');
	t.is(await readToEnd(first), '+OK\r\n');
	const replies = await talkUntil(port, 'INFO stats', text => !text.startsWith('-'));
	t.regex(replies, /rejected_connections:[1-9]/);
});
