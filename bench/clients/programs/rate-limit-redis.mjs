// The example of rate-limit-redis with express-rate-limit, asked over HTTP: five requests pass, the sixth does not.
import assert from 'node:assert/strict';
import {once} from 'node:events';
import express from 'express';
import {rateLimit} from 'express-rate-limit';
import {RedisStore} from 'rate-limit-redis';
import {createClient} from 'redis';

const client = createClient({url: `redis://127.0.0.1:${process.env.REDIS_PORT}`});
await client.connect();
const store = new RedisStore({sendCommand: (...args) => client.sendCommand(args)});
const app = express();
app.use(rateLimit({windowMs: 4000, limit: 5, standardHeaders: true, legacyHeaders: false, store}));
app.get('/', (_, response) => response.send('ok'));
const server = app.listen(0, '127.0.0.1');
await once(server, 'listening');
const ask = async () => (await fetch(`http://127.0.0.1:${server.address().port}`)).status;
const statuses = [];
for (let request = 0; request < 6; request += 1) statuses.push(await ask());
assert.deepEqual(statuses, [200, 200, 200, 200, 200, 429]);
await new Promise(resolve => void setTimeout(resolve, 5000));
assert.equal(await ask(), 200);
process.exit(0);
