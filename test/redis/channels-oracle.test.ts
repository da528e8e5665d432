/** Channels beside redis-server 7.0: drawn conversations of three connections. */
import {once} from 'node:events';
import {connect, type Socket} from 'node:net';
import type {ExecutionContext} from 'ava';
import fc from 'fast-check';
import {openGateway, request} from './harness.js';
import {oracleTest, startRedis} from './redis-server.js';

const connectionCount = 3;

/** No channel fits two of the patterns: in which order a client gets a message by two patterns is chance in Redis. */
const channel = fc.oneof(
	{arbitrary: fc.constantFrom('a', 'b1'), weight: 5},
	fc.constantFrom('ab', 'b\u00ff\0', 'c', 'd', '', 'long'.repeat(300)),
);
const pattern = fc.constantFrom('a*', String.raw`\b[0-9]`, '[^a-bd-l]', 'lo?g*', 'none', '[d-', '');
const content = fc.constantFrom('', 'hi', 'a\r\nb\0\u00ff', 'x'.repeat(1024), 'y'.repeat(5000));
const some = (name: string, one: fc.Arbitrary<string>) =>
	fc.array(one, {minLength: 1, maxLength: 3}).map(names => [name].concat(names));

const command: fc.Arbitrary<readonly string[]> = fc.oneof(
	{arbitrary: some('subscribe', channel), weight: 6},
	{arbitrary: some('PSUBSCRIBE', pattern), weight: 4},
	some('ssubscribe', channel),
	fc.tuple(fc.constantFrom('unsubscribe', 'sunsubscribe'), channel),
	fc.tuple(fc.constant('punsubscribe'), pattern),
	{arbitrary: fc.tuple(fc.constantFrom('publish', 'publish', 'SPUBLISH'), channel, content), weight: 20},
	fc.tuple(fc.constantFrom('PUBSUB NUMSUB', 'PUBSUB SHARDNUMSUB'), channel, channel),
	fc.tuple(fc.constantFrom('PUBSUB CHANNELS', 'PUBSUB SHARDCHANNELS'), fc.constantFrom('a', 'ab', 'c', 'e*')),
	{
		arbitrary: fc.constantFrom(
			['unsubscribe'],
			['punsubscribe'],
			['sunsubscribe'],
			['subscribe'],
			['psubscribe'],
			['publish', 'a'],
			['pubsub', 'numpat'],
			['pubsub', 'numpat', 'x'],
			['pubsub', 'channels', 'a', 'b'],
			['pubsub', 'nosuch'],
			['pubsub'],
			['ping'],
			['ping', 'x'],
			['ping', 'x', 'y'],
			['reset'],
			['hello', '2'],
			['hello', '3'],
			['set', 'k', '1'],
			['incr', 'k'],
			['get', 'k'],
			['client', 'getname'],
			['client', 'reply', 'off'],
			['client', 'reply', 'on'],
			['client', 'reply', 'skip'],
			['nosuch'],
		),
		weight: 6,
	},
);

/** Of the connections, at first. */
const protocols = fc.array(fc.constantFrom('2', '3', '3'), {minLength: connectionCount, maxLength: connectionCount});

interface Step {
	readonly connection: number;
	/** Sent at once. */
	readonly commands: readonly (readonly string[])[];
}

const step: fc.Arbitrary<Step> = fc.record({
	connection: fc.nat({max: connectionCount - 1}),
	commands: fc.array(command, {minLength: 1, maxLength: 5}),
});

/** The name of a subcommand stands behind that of its command. */
const wordsOf = ([name = '', ...rest]: readonly string[]): readonly string[] => name.split(' ').concat(rest);

/** One connection, which reads up to a mark. */
class Talker {
	readonly #socket: Socket;
	#received = '';
	#marks = 0;

	private constructor(socket: Socket) {
		this.#socket = socket;
		socket.on('data', (chunk: Buffer) => (this.#received += chunk.toString('latin1')));
	}

	static async open(t: ExecutionContext, target: {readonly port: number} | {readonly path: string}): Promise<Talker> {
		const socket = connect({...target, host: '127.0.0.1'});
		t.teardown(() => socket.destroy());
		await once(socket, 'connect');
		return new Talker(socket);
	}

	send(commands: readonly (readonly string[])[]): void {
		this.#socket.write(Buffer.concat(commands.map(parts => request(...wordsOf(parts)))));
	}

	/** What has come since it was asked last. Its own request is answered in every mode, even while replies are turned off. */
	async take(): Promise<string> {
		const mark = `mark ${++this.#marks}`;
		this.send([['unsubscribe', mark]]);
		const end = new RegExp(String.raw`${mark}\r\n:\d+\r\n`);
		while (!end.test(this.#received)) await once(this.#socket, 'data');
		const taken = this.#received;
		this.#received = '';
		return taken.replaceAll(/(?<=\r\nid\r\n:)\d+/g, 'ID').replaceAll(/\$\d\r\n7\.0\.\d+/g, 'VERSION');
	}
}

/** Sends a step and returns what each connection gets by it. */
async function play(talkers: readonly Talker[], {connection, commands}: Step): Promise<readonly string[]> {
	const sender = talkers[connection] as Talker;
	sender.send(commands);
	// First the sender: its answer comes when all others have been given what it published.
	const own = await sender.take();
	return Promise.all(talkers.map(async talker => (talker === sender ? own : talker.take())));
}

/** In which order the names are left that nobody names is chance in Redis. */
const leavesAll = ({commands}: Step): boolean =>
	commands.some(({length, 0: name}) => length === 1 && /^s?unsubscribe$/.test(name ?? ''));

const comparable = (texts: readonly string[], at: Step): readonly unknown[] =>
	leavesAll(at) ? texts.map(text => text.split('\r\n').sort()) : texts;

async function openTalkers(
	t: ExecutionContext,
	target: {readonly port: number} | {readonly path: string},
): Promise<readonly Talker[]> {
	return Promise.all(Array.from({length: connectionCount}, () => Talker.open(t, target)));
}

oracleTest('three connections that listen and publish get what redis-server 7.0 gives them, byte for byte', async t => {
	const ours = await openTalkers(t, await openGateway(t));
	const theirs = await openTalkers(t, await startRedis(t));
	let messages = 0;
	await fc.assert(
		fc.asyncProperty(fc.array(step, {maxLength: 40}), protocols, async (steps, versions) => {
			const begin = versions.map((version, connection) => ({connection, commands: [['reset'], ['hello', version]]}));
			for (const each of [...begin, ...steps]) {
				const [got, wanted] = await Promise.all([play(ours, each), play(theirs, each)]);
				t.deepEqual(comparable(got, each), comparable(wanted, each));
				messages += got.join('').split('message\r\n').length - 1;
			}
		}),
		{seed: 20_240_606, numRuns: 150},
	);
	t.true(messages > 300, `${messages} messages`);
});
