/** The part of etcd's interface (v3) that we use: its calls, and the numbers of its fields. */
import {
	bytes,
	bytesList,
	count,
	type Decoded,
	type Draft,
	type Fields,
	flag,
	id,
	message,
	repeated,
	text,
} from './protobuf.js';

/** Stands before every answer, as its field 1. */
const header = {clusterId: id(1), memberId: id(2), revision: count(3), raftTerm: count(4)};
export type Header = Decoded<typeof header>;

/** `lease`: 0 for a key that has none. */
const keyValue = {key: bytes(1), modRevision: count(3), value: bytes(5), lease: id(6)};
export type KeyValue = Decoded<typeof keyValue>;

/** `revision` of 0: as it is. `limit` of 0: none. */
const rangeRequest = {key: bytes(1), rangeEnd: bytes(2), limit: count(3), revision: count(4), countOnly: flag(9)};
export type RangeRequest = Draft<typeof rangeRequest>;
const rangeReply = {header: message(1, header), kvs: repeated(2, keyValue), more: flag(3), count: count(4)};
export type RangeReply = Decoded<typeof rangeReply>;
const putRequest = {key: bytes(1), value: bytes(2), lease: count(3), ignoreLease: flag(6)};
const deleteRequest = {key: bytes(1), rangeEnd: bytes(2)};
const deleteReply = {header: message(1, header), deleted: count(2)};

/** Exactly one of them. */
const requestOp = {range: message(1, rangeRequest), put: message(2, putRequest), delete: message(3, deleteRequest)};
export type RequestOp = Draft<typeof requestOp>;
const responseOp = {range: message(1, rangeReply), delete: message(3, deleteReply)};
export type ResponseOp = Decoded<typeof responseOp>;

/** What of a key is compared, and that it be equal. */
export const compareTarget = {createRevision: 1, modRevision: 2} as const;
const compare = {target: count(2), key: bytes(3), createRevision: count(5), modRevision: count(6)};
export type Compare = Draft<typeof compare>;

const txnRequest = {compare: repeated(1, compare), success: repeated(2, requestOp), failure: repeated(3, requestOp)};
export type TxnRequest = Draft<typeof txnRequest>;
const txnReply = {header: message(1, header), succeeded: flag(2), responses: repeated(3, responseOp)};
export type TxnReply = Decoded<typeof txnReply>;

/** Of `type` in an event. */
export const eventType = {put: 0, delete: 1} as const;
const keyEvent = {type: count(1), kv: message(2, keyValue)};
export type KeyEvent = Decoded<typeof keyEvent>;

const watchRequest = {
	create: message(1, {
		key: bytes(1),
		rangeEnd: bytes(2),
		startRevision: count(3),
		/** Say from time to time up to where all has been told. */
		progressNotify: flag(4),
		/** A large answer comes in several messages. */
		fragment: flag(8),
	}),
};
const watchReply = {
	header: message(1, header),
	created: flag(3),
	canceled: flag(4),
	/** Above 0: what was asked for is no longer there. */
	compactRevision: count(5),
	cancelReason: text(6),
	/** More of this answer follows. */
	fragment: flag(7),
	events: repeated(11, keyEvent),
};
export type WatchReply = Decoded<typeof watchReply>;

const statusReply = {
	header: message(1, header),
	leader: id(4),
	raftIndex: count(5),
	raftTerm: count(6),
	raftAppliedIndex: count(7),
};
export type StatusReply = Decoded<typeof statusReply>;

/** One request, one reply. */
export interface Method<Request extends Fields, Reply extends Fields> {
	readonly path: string;
	readonly request: Request;
	readonly reply: Reply;
	/** Answered by a majority, so its header's revision is not older than any that was seen before. */
	readonly isLinearizable: boolean;
}

export const methods = {
	range: {path: '/etcdserverpb.KV/Range', request: rangeRequest, reply: rangeReply, isLinearizable: true},
	txn: {path: '/etcdserverpb.KV/Txn', request: txnRequest, reply: txnReply, isLinearizable: true},
	leaseGrant: {
		path: '/etcdserverpb.Lease/LeaseGrant',
		request: {ttl: count(1), id: count(2)},
		/** `ttl` in seconds, raised where the server has a greater minimum. */
		reply: {header: message(1, header), ttl: count(3)},
		isLinearizable: false,
	},
	leaseRevoke: {
		path: '/etcdserverpb.Lease/LeaseRevoke',
		request: {id: count(1)},
		reply: {header: message(1, header)},
		isLinearizable: false,
	},
	/** A stream on which we send one renewal and say that it was the last: then etcd answers it and ends. */
	leaseKeepAlive: {
		path: '/etcdserverpb.Lease/LeaseKeepAlive',
		request: {id: count(1)},
		/** `ttl` in seconds; 0: there is no such lease (any more). */
		reply: {header: message(1, header), ttl: count(3)},
		isLinearizable: false,
	},
	leaseTimeToLive: {
		path: '/etcdserverpb.Lease/LeaseTimeToLive',
		request: {id: id(1), keys: flag(2)},
		/** In seconds. `grantedTtl`: 0 where the member that was asked knows no such lease. */
		reply: {header: message(1, header), ttl: count(3), grantedTtl: count(4), keys: bytesList(5)},
		isLinearizable: false,
	},
	/** A stream, on which we send one `create`. */
	watch: {path: '/etcdserverpb.Watch/Watch', request: watchRequest, reply: watchReply, isLinearizable: false},
	status: {path: '/etcdserverpb.Maintenance/Status', request: {}, reply: statusReply, isLinearizable: false},
	authenticate: {
		path: '/etcdserverpb.Auth/Authenticate',
		request: {name: text(1), password: text(2)},
		reply: {header: message(1, header), token: text(2)},
		isLinearizable: false,
	},
} as const satisfies Record<string, Method<Fields, Fields>>;
