/** The thread of a node of the skeleton. */
import {parentPort, workerData} from 'node:worker_threads';
import {SkeletonNode} from './node.js';
import type {SkeletonNodeData} from './protocol.js';

if (parentPort === null) throw new Error('bench/systems/skeleton/node-thread must be started as a worker thread');
const node = new SkeletonNode(workerData as SkeletonNodeData);
parentPort.postMessage(node instanceof SkeletonNode);
