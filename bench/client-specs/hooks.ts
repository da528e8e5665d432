/**
 * Runs in the process of the specs, before them. They look for a server at Redis' port, or start one in a container: here they
 * find the one that is judged. Notes which tests have asked it anything; the others say nothing of it.
 */
import childProcess from 'node:child_process';
import {writeFileSync} from 'node:fs';
import {syncBuiltinESMExports} from 'node:module';
import net from 'node:net';
import {promisify} from 'node:util';

const {SPEC_PORT, SPEC_PASSWORD_PORT, SPEC_ASKED} = process.env;
if (SPEC_PORT === undefined || SPEC_ASKED === undefined) throw new Error('npm run client-specs starts the specs');

const redisPort = 6379;
/** Where a port that the specs know leads to. */
const ports = new Map<number, number>();
/** node-redis takes the first one that is free, and so has to find that nobody is there. */
if (SPEC_PASSWORD_PORT === undefined) ports.set(redisPort, Number(SPEC_PORT));

const asked = new Set<string>();
let hasAsked = false;

type Connect = (options: {port?: number}, ...rest: readonly unknown[]) => net.Socket;

function leadElsewhere(original: Connect): Connect {
	return (options, ...rest) => {
		const port = ports.get(Number(options.port));
		const socket = original(port === undefined ? options : {...options, port}, ...rest);
		if (port !== undefined) noteWrites(socket);
		return socket;
	};
}

function noteWrites(socket: net.Socket): void {
	const write = socket.write.bind(socket) as (...args: readonly unknown[]) => boolean;
	socket.write = (...args: readonly unknown[]) => {
		hasAsked = true;
		return write(...args);
	};
}

/** What node-redis' specs ask Docker for: a server on this port, with these options. */
async function docker([verb, ...args]: readonly string[]): Promise<{stdout: string; stderr: string}> {
	if (verb !== 'run') return {stdout: '', stderr: ''};
	const port = args.find(arg => arg.startsWith('PORT='))?.slice('PORT='.length);
	if (port === undefined) throw new Error('only servers are here');
	ports.set(Number(port), Number(args.includes('--requirepass') ? SPEC_PASSWORD_PORT : SPEC_PORT));
	return {stdout: port, stderr: ''};
}

const connect = leadElsewhere(net.createConnection as Connect);
const {execFile} = childProcess;
const execFileHere = Object.assign((...args: Parameters<typeof execFile>) => execFile(...args), {
	[promisify.custom]: async (file: string, args: readonly string[]) =>
		file === 'docker' ? docker(args) : promisify(execFile)(file, args),
});
Object.assign(net, {createConnection: connect, connect});
Object.assign(childProcess, {execFile: execFileHere});
syncBuiltinESMExports();

interface Hook {
	readonly currentTest?: {fullTitle(): string};
}

/** By mocha's names. */
export const mochaHooks = {
	beforeEach(): void {
		hasAsked = false;
	},
	afterEach(this: Hook): void {
		if (hasAsked && this.currentTest !== undefined) asked.add(this.currentTest.fullTitle());
	},
	afterAll(): void {
		writeFileSync(SPEC_ASKED, JSON.stringify([...asked]));
	},
};
