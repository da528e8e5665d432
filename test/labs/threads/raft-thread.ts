/** The thread of one Raft server of the lab: the real node actor, log and link to the router, below the lab's service. */
import {performance} from 'node:perf_hooks';
import {parentPort, workerData} from 'node:worker_threads';
import {routerPort} from '../../../actors/network/router-port.js';
import {RaftActor} from '../../../actors/replica/raft-actor.js';
import type {RaftActorMessage, ReplicaStatus} from '../../../actors/replica/protocol.js';
import type {ActorRef} from '../../../actors/runtime/ref.js';
import {ActorSystem} from '../../../actors/runtime/system.js';
import {Random} from '../../../src/base/random.js';
import type {ServiceInput} from '../../../src/raft/types.js';
import {NodeDisk} from '../../../src/storage/node-disk.js';
import {WriteAheadLog} from '../../../src/storage/write-ahead-log.js';
import {hardStateBytes} from '../accounting.js';
import type {RaftView} from '../harness.js';
import {LabService} from '../raft/lab-service.js';
import type {FromRaftThread, RaftThreadData, ToRaftThread} from './protocol.js';

const spawnOptions = {
	mailbox: {capacity: 1_000_000},
	supervision: {strategy: 'escalate'},
} as const;

type ServiceMessage =
	| {readonly type: 'service'; readonly input: ServiceInput}
	| {readonly type: 'start'; readonly call: number; readonly command: string};

if (parentPort === null) throw new Error('raft-thread must be started as a worker thread, by a test');
host(parentPort, workerData as RaftThreadData);

function host(test: NonNullable<typeof parentPort>, {options, router}: RaftThreadData): void {
	const {id} = options;
	const tell = (message: FromRaftThread): void => test.postMessage(message);
	const system = new ActorSystem({name: `lab-${id}`});
	let node: RaftActor | undefined;
	const storage = new WriteAheadLog({disk: new NodeDisk({...options.storage, now: () => performance.now()})});
	const raft: ActorRef<RaftActorMessage> = system.spawn(
		context => {
			node = new RaftActor({
				replica: options,
				storage,
				state: storage.load(),
				random: Random.fromSeed(options.seed),
				now: () => performance.now(),
				send: (to, message) => link.send({type: 'raft', from: id, to, message}),
				sent: () => link.flush(),
				service: input => void service.tell({type: 'service', input}),
				event: () => undefined,
				failed: dieOf,
				context,
			});
			tell({type: 'ready'});
			return node;
		},
		{...spawnOptions, name: 'raft'},
	);
	const labService = new LabService({
		send: output => void raft.tell({type: 'service', output}),
		entries: (from, to) => node?.entries(from, to) ?? [],
		started: (call, accepted) => tell({type: 'accepted', call, accepted}),
		applied: (firstIndex, entries) => tell({type: 'applied', firstIndex, entries}),
		restored: (index, commands) => tell({type: 'restored', index, commands}),
	});
	const service: ActorRef<ServiceMessage> = system.spawn(
		() => ({
			receive: message => {
				if (message.type === 'start') labService.start(message.call, message.command);
				else labService.handle(message.input);
			},
		}),
		{...spawnOptions, name: 'service'},
	);
	void system.terminated.then(reason => dieOf(reason.type === 'failed' ? reason.error : new Error(reason.type)));
	const link = routerPort(router, envelope => {
		if (envelope.type === 'raft') raft.tell({type: 'message', from: envelope.from, message: envelope.message});
	});
	test.on('message', (message: ToRaftThread) => {
		if (message.type === 'start') service.tell(message);
		else tell({type: 'view', call: message.call, view: node === undefined ? undefined : viewOf(node.status())});
	});
}

function viewOf({currentTerm: term, role, logBytes}: ReplicaStatus): RaftView {
	return {term, isLeader: role === 'leader', stateBytes: logBytes + hardStateBytes};
}

function dieOf(error: unknown): void {
	setImmediate(() => {
		throw error;
	});
}
