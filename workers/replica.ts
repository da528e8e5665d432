/** The thread of a raft node, with its KV server unless that has a thread of its own. */
import {parentPort, workerData} from 'node:worker_threads';
import {hostReplica} from '../actors/replica/replica-host.js';
import type {ReplicaThreadData} from '../actors/replica/protocol.js';

if (parentPort === null) throw new Error('workers/replica must be started as a worker thread, by a Cluster');
hostReplica(workerData as ReplicaThreadData);
