/**
 * What was recorded of a cluster's life, as plain data: it can be sent to another thread, to a page, or into a file.
 * docs/cluster-record.md tells the file. All times are milliseconds since the recording began, on a clock that never goes back.
 * Nothing here runs.
 */
import type {Role} from '../../src/raft/types.js';
import type {ClusterEvent} from '../cluster/cluster-event.js';
import type {NodeStatus} from '../cluster/node-state.js';

/** An error without its stack. */
export interface RecordedError {
	readonly name: string;
	readonly message: string;
	/** Where the error has one. */
	readonly code?: string;
}

/** An event whose error, if it has one, is plain data. */
export type PlainEvent<Event> = Event extends {readonly error: Error}
	? Omit<Event, 'error'> & {readonly error: RecordedError}
	: Event extends {readonly error: Error | undefined}
		? Omit<Event, 'error'> & {readonly error?: RecordedError}
		: Event;

/** A `ClusterEvent` whose error, if it has one, is plain data too. */
export type RecordedEvent = PlainEvent<ClusterEvent>;

/** Something happened. */
export interface EventEntry {
	readonly type: 'event';
	readonly atMs: number;
	readonly event: RecordedEvent;
}

/** A person set a mark here. */
export interface MarkEntry {
	readonly type: 'mark';
	readonly atMs: number;
	readonly name: string;
}

/** A person asked for this; the line as it was typed. */
export interface CommandEntry {
	readonly type: 'command';
	readonly atMs: number;
	readonly line: string;
}

/** What happened within a short time that ended at `atMs`. Each number is of this time alone. */
export interface SampleEntry {
	readonly type: 'sample';
	readonly atMs: number;
	/** So long it was: 100 ms, or longer where nothing happened at all. */
	readonly lengthMs: number;
	/** Operations of clients that were answered. */
	readonly answered: number;
	/** Operations of clients that failed, or whose outcome nobody knows. */
	readonly failed: number;
	/** Half of the load's operations were answered within this time; left out where no load runs. */
	readonly p50Ms?: number;
	readonly p99Ms?: number;
	/** Requests of nodes and clients that entered the network. */
	readonly requests: number;
	/** Bytes of entries, snapshots and commands in them. */
	readonly bytes: number;
	/** Messages that a fault lost. */
	readonly lost: number;
}

/** A node at some moment. */
export interface RecordedNode {
	readonly id: number;
	readonly state: NodeStatus['state'];
	/** Left out, with all below, while the node is not up, and of one whose thread runs and does not answer. */
	readonly role?: Role;
	readonly term?: number;
	readonly commitIndex?: number;
	readonly lastApplied?: number;
	readonly lastIndex?: number;
	readonly snapshotIndex?: number;
	/** The terms of its newest entries, as runs in the order of the log: first index, term. Records of older builds have none. */
	readonly terms?: readonly (readonly [firstIndex: number, term: number])[];
}

/** All nodes, by number. Recorded at the start, and each second in which something of it has changed. */
export interface NodesEntry {
	readonly type: 'nodes';
	readonly atMs: number;
	readonly nodes: readonly RecordedNode[];
}

/** One line of a record after the first. */
export type RecordEntry = EventEntry | MarkEntry | CommandEntry | SampleEntry | NodesEntry;

/** The first line of a file. */
export interface RecordHead {
	readonly format: 'threadraft-record';
	readonly version: 1;
	/** When the recording began, as ISO 8601 in UTC. */
	readonly startedAt: string;
	/** How many nodes the cluster has. */
	readonly nodes: number;
	/** How long it had gone on when this was taken, ms. */
	readonly lengthMs: number;
	/** So many of the oldest entries were not kept. */
	readonly dropped: {readonly events: number; readonly samples: number; readonly nodes: number};
}

/** A recording, or the newest part of one. */
export interface ClusterRecord {
	readonly head: RecordHead;
	/** In the order of their times. */
	readonly entries: readonly RecordEntry[];
}
