/** What can be asked of the console. */
import type {DiskFaultSettings} from '../../src/storage/faulty-disk.js';

/** A node by number, or whichever leads when the command is carried out. */
export type NodeReference = {readonly type: 'number'; readonly node: number} | {readonly type: 'leader'};

export type ConsoleCommand =
	| {readonly type: 'status'}
	| {readonly type: 'health'}
	| {readonly type: 'put'; readonly key: Uint8Array; readonly value: Uint8Array}
	| {readonly type: 'get'; readonly key: Uint8Array}
	| {readonly type: 'append'; readonly key: Uint8Array; readonly value: Uint8Array}
	| {readonly type: 'delete'; readonly key: Uint8Array}
	| {readonly type: 'cas'; readonly key: Uint8Array; readonly expected: Uint8Array; readonly value: Uint8Array}
	| {readonly type: 'kill'; readonly node: NodeReference}
	/** `undefined`: all nodes. */
	| {readonly type: 'restart'; readonly node: NodeReference | undefined}
	| {readonly type: 'pause'; readonly node: NodeReference; readonly durationMs: number}
	| {readonly type: 'partition'; readonly groups: readonly (readonly number[])[]}
	| {readonly type: 'isolate'; readonly node: NodeReference}
	| {readonly type: 'heal'}
	| {readonly type: 'faults'}
	/** From now on, until the next of the same node; `{}`: nothing is wrong with it. */
	| {readonly type: 'disk'; readonly node: NodeReference; readonly settings: DiskFaultSettings}
	| {readonly type: 'unreliable'; readonly on: boolean}
	/** From 0 to 1. */
	| {readonly type: 'drop'; readonly probability: number}
	| {readonly type: 'delay'; readonly minMs: number; readonly maxMs: number}
	| {readonly type: 'loadStart'; readonly clients: number}
	/** `file`: where the history goes. */
	| {readonly type: 'loadStop'; readonly file: string | undefined}
	| {readonly type: 'backup'; readonly file: string}
	| {readonly type: 'waitLeader'}
	| {readonly type: 'sleep'; readonly durationMs: number}
	/** `undefined`: the list of all. */
	| {readonly type: 'help'; readonly name: string | undefined}
	| {readonly type: 'quit'};
