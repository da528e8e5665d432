/** The lab's service above one Raft node: it keeps the list of all commands, and snapshots are that list. */
import {type LogEntry, type LogIndex, type ServiceInput, type ServiceOutput} from '../../../src/raft/types.js';
import {unreachable} from '../../../src/base/errors.js';
import type {Accepted} from '../harness.js';
import type {AppliedEntry} from './apply-judge.js';

/** Our nodes take snapshots by bytes of log; the lab's service does so every 10 commands, of 21 bytes each in 2D. */
export const maxRaftState = 210;

export interface LabServiceOptions {
	readonly send: (output: ServiceOutput) => void;
	/** The node's log, `[from, to)`, as far as it is in memory. */
	readonly entries: (from: LogIndex, to: LogIndex) => readonly LogEntry[];
	/** The answer to `start`. */
	readonly started: (call: number, accepted: Accepted | undefined) => void;
	readonly applied: (firstIndex: LogIndex, entries: readonly AppliedEntry[]) => void;
	readonly restored: (index: LogIndex, commands: readonly string[]) => void;
}

export class LabService {
	readonly #options: LabServiceOptions;
	#commands: string[] = [];
	#appliedIndex: LogIndex = 0;
	/** What has come of a snapshot. */
	#chunks: Uint8Array[] = [];

	constructor(options: LabServiceOptions) {
		this.#options = options;
	}

	start(call: number, command: string): void {
		this.#options.send({type: 'propose', proposalId: call, commands: [new TextEncoder().encode(command)]});
	}

	handle(input: ServiceInput): void {
		switch (input.type) {
			case 'apply':
				return this.#apply(input.entries);
			case 'proposed':
				return this.#options.started(input.proposalId, {index: this.#labIndex(input.firstIndex), term: input.term});
			case 'proposalRefused':
				return this.#options.started(input.proposalId, undefined);
			case 'takeSnapshot':
				return this.#options.send({
					type: 'snapshotChunk',
					index: this.#appliedIndex,
					data: new TextEncoder().encode(JSON.stringify(this.#commands)),
					done: true,
				});
			case 'installSnapshot':
				this.#chunks = [];
				return;
			case 'installChunk':
				return this.#load(input);
			case 'leadership':
			case 'readReady':
			case 'readRefused':
			case 'snapshotChunkStored':
			case 'abandonSnapshot':
				return;
			default:
				return unreachable(input);
		}
	}

	#apply(entries: readonly LogEntry[]): void {
		const applied = entries.map(({term, type, command}) => ({term, type, command: new TextDecoder().decode(command)}));
		for (const {type, command} of applied) if (type === 'command') this.#commands.push(command);
		this.#options.applied(this.#appliedIndex + 1, applied);
		this.#appliedIndex += entries.length;
		this.#options.send({type: 'applied', index: this.#appliedIndex});
	}

	#load({index, data, done}: Extract<ServiceInput, {type: 'installChunk'}>): void {
		this.#chunks.push(data);
		if (done) {
			this.#commands = JSON.parse(Buffer.concat(this.#chunks).toString()) as string[];
			this.#appliedIndex = index;
			this.#chunks = [];
			this.#options.restored(index, this.#commands);
		}
		this.#options.send({type: 'installChunkLoaded', index});
		if (done) this.#options.send({type: 'applied', index});
	}

	/** The command's place among the commands. */
	#labIndex(index: LogIndex): number {
		const unapplied = this.#options.entries(this.#appliedIndex + 1, index + 1);
		return this.#commands.length + unapplied.filter(({type}) => type === 'command').length;
	}
}
