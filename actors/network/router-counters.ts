/** What entered the network, lost messages included; replies are not counted (as in the lab's "RPCs"). */
export interface RouterCounters {
	/** Messages of Raft, replies included, and requests of clerks. */
	messages: number;
	/** Raft and clerk requests. */
	requests: number;
	/** Requests of clerks alone. */
	clientRequests: number;
	/** Bytes of log entries, snapshots and commands. Headers not included. */
	bytes: number;
	/** Messages that the fault plan lost. */
	lost: number;
	/** Second copies that the fault plan made. */
	duplicated: number;
	/** Messages, copies too, that the fault plan delivered later than at once. */
	late: number;
	/** Messages to a node that was not there. */
	undeliverable: number;
}

export const noTraffic = (): RouterCounters => ({
	messages: 0,
	requests: 0,
	clientRequests: 0,
	bytes: 0,
	lost: 0,
	duplicated: 0,
	late: 0,
	undeliverable: 0,
});
