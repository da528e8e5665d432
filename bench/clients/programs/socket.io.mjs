// The example of @socket.io/redis-adapter with two servers: what one emits, a client of the other gets.
import assert from 'node:assert/strict';
import {once} from 'node:events';
import {createServer} from 'node:http';
import {createAdapter} from '@socket.io/redis-adapter';
import {createClient} from 'redis';
import {Server} from 'socket.io';
import {io as connect} from 'socket.io-client';

async function start() {
	const pubClient = createClient({url: `redis://127.0.0.1:${process.env.REDIS_PORT}`});
	const subClient = pubClient.duplicate();
	await Promise.all([pubClient.connect(), subClient.connect()]);
	const http = createServer().listen(0, '127.0.0.1');
	await once(http, 'listening');
	const io = new Server(http, {adapter: createAdapter(pubClient, subClient)});
	return {io, port: http.address().port};
}
const [here, there] = [await start(), await start()];
const client = connect(`http://127.0.0.1:${there.port}`);
const joined = new Promise(resolve => void there.io.once('connection', socket => resolve(socket.join('room'))));
await once(client, 'connect');
await joined;
const received = once(client, 'hello');
here.io.to('room').emit('hello', 'world');
assert.deepEqual(await received, ['world']);
assert.equal((await here.io.fetchSockets()).length, 1);
assert.equal((await here.io.in('nobody').fetchSockets()).length, 0);
process.exit(0);
