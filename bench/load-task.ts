/** The piscina task of a load thread: connects a client once, and then runs loads through it. */
import type {MessagePort} from 'node:worker_threads';
import {Clerk} from '../actors/clerk/clerk.js';
import type {ClerkConnection} from '../actors/clerk/clerk-host.js';
import type {Executor} from '../actors/executor.js';
import {cpuClock} from './cpu.js';
import {fill, runLoad} from './load.js';
import {connectSkeleton, type SkeletonShape} from './systems/skeleton/client.js';
import type {Load, Measurement} from './systems/system.js';

export type ClientConnection =
	| {readonly type: 'clerk'; readonly clerk: ClerkConnection}
	| {
			readonly type: 'skeleton';
			readonly shape: SkeletonShape;
			readonly port: MessagePort;
			readonly replies: MessagePort;
	  };

export type LoadTask =
	| {readonly type: 'connect'; readonly connection: ClientConnection}
	| {readonly type: 'measure'; readonly load: Load};

let client: Executor | undefined;

export default async function loadTask(task: LoadTask): Promise<Measurement | undefined> {
	if (task.type === 'connect') {
		client = connect(task.connection);
		await fill(client);
		return undefined;
	}
	if (client === undefined) throw new Error('a load thread is connected before it is loaded');
	return runLoad(client, task.load, cpuClock());
}

function connect(connection: ClientConnection): Executor {
	return connection.type === 'clerk' ? Clerk.connect(connection.clerk) : connectSkeleton(connection);
}
