/**
 * What passes through the router, both ways; nothing here runs.
 *
 * Threads hand each other batches: all envelopes of one turn of the event loop in one message.
 */
import type {MessagePort} from 'node:worker_threads';
import type {ServiceReply, ServiceRequest} from '../../src/service/types.js';
import type {NodeId, RaftMessage} from '../../src/raft/types.js';

interface RaftEnvelope {
	readonly type: 'raft';
	readonly from: NodeId;
	readonly to: NodeId;
	readonly message: RaftMessage;
}

/**
 * A clerk's request. Its reply does not come back through here: it is posted into the reply channel, a MessagePort pair
 * that the clerk owns and uses for one request at a time.
 */
export interface RequestEnvelope {
	readonly type: 'request';
	readonly client: number;
	readonly server: NodeId;
	/** The clerk's number for the channel that the reply goes into. */
	readonly channel: number;
	/** The server's end; with the first request of a channel only, then the server keeps it. */
	readonly port: MessagePort | undefined;
	readonly requestId: number;
	readonly request: ServiceRequest;
}

/**
 * From the router to a node: a peer's threads are detached, so that nothing more of their life comes. No fault of the network
 * touches it: it is the host that says so, not the peer.
 */
interface PeerDownEnvelope {
	readonly type: 'peerDown';
	readonly peer: NodeId;
}

/** From the router to a node: the nodes have just been started together, and none leads. */
interface NoLeaderEnvelope {
	readonly type: 'noLeader';
}

/** What the router itself tells a node. No node can send it. */
export type NoticeEnvelope = PeerDownEnvelope | NoLeaderEnvelope;

export type Envelope = RaftEnvelope | RequestEnvelope | NoticeEnvelope;

/** Posted into a reply channel. */
export interface ReplyMessage {
	readonly requestId: number;
	readonly reply: ServiceReply;
}

/** From the router to a clerk's thread: replies over old channels to this server can no longer be trusted to be cut. */
export interface LinkReset {
	readonly type: 'linkReset';
	readonly server: NodeId;
}

/** What the router takes, and hands a thread, in one turn. It crosses packed: see `PackedBatch`. */
export type RouterBatch = readonly Envelope[];

/** Ports that must travel with a batch. */
export function portsOf(batch: RouterBatch): MessagePort[] {
	const ports: MessagePort[] = [];
	for (const envelope of batch)
		if (envelope.type === 'request' && envelope.port !== undefined) ports.push(envelope.port);
	return ports;
}
