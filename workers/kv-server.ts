/** The thread of a KV server that does not share its raft node's thread. */
import {parentPort, workerData} from 'node:worker_threads';
import {hostKvServer} from '../actors/replica/replica-host.js';
import type {KvThreadData} from '../actors/replica/protocol.js';

if (parentPort === null) throw new Error('workers/kv-server must be started as a worker thread, by a Cluster');
hostKvServer(workerData as KvThreadData);
