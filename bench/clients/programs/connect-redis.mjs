// The example of connect-redis, asked over HTTP: a session counts views, and ends.
import assert from 'node:assert/strict';
import {once} from 'node:events';
import {RedisStore} from 'connect-redis';
import express from 'express';
import session from 'express-session';
import {createClient} from 'redis';

const redisClient = createClient({url: `redis://127.0.0.1:${process.env.REDIS_PORT}`});
await redisClient.connect();
const store = new RedisStore({client: redisClient, prefix: 'myapp:'});
const app = express();
app.use(session({store, resave: false, saveUninitialized: false, secret: 'keyboard cat'}));
app.get('/', (request, response) => {
	request.session.views = (request.session.views ?? 0) + 1;
	response.send(String(request.session.views));
});
app.get('/end', (request, response) => request.session.destroy(() => response.send('ended')));
const server = app.listen(0, '127.0.0.1');
await once(server, 'listening');
const url = `http://127.0.0.1:${server.address().port}`;
const first = await fetch(url);
assert.equal(await first.text(), '1');
const headers = {cookie: first.headers.get('set-cookie').split(';')[0]};
const ask = async path => (await fetch(`${url}${path}`, {headers})).text();
assert.deepEqual([await ask('/'), await ask('/')], ['2', '3']);
const count = () =>
	new Promise((resolve, reject) => void store.length((error, length) => (error ? reject(error) : resolve(length))));
assert.equal(await count(), 1);
const [key] = await redisClient.keys('myapp:*');
assert.ok((await redisClient.ttl(key)) > 86_000);
assert.equal(await ask('/end'), 'ended');
assert.equal(await count(), 0);
process.exit(0);
