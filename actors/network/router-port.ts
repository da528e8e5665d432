/** A thread's one port to the router. */
import type {MessagePort} from 'node:worker_threads';
import {BatchedPort} from './batched-port.js';
import {type Envelope, portsOf} from './envelope.js';
import {packBatch, type PackedBatch, unpackBatch} from './packed-batch.js';

const packing = {pack: packBatch, unpack: (packed: unknown) => unpackBatch(packed as PackedBatch)};

export function routerPort(port: MessagePort, receive: (envelope: Envelope) => void): BatchedPort<Envelope> {
	return new BatchedPort(port, {receive, transferOf: portsOf, packing});
}
