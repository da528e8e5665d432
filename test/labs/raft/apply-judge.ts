/** Judges what every server hands to its service: the same everywhere, in order, without a gap. */
import type {EntryType} from '../../../src/raft/types.js';

export interface AppliedEntry {
	readonly term: number;
	readonly type: EntryType;
	readonly command: string;
}

/** Indexes in here are the log's own, no-ops counted. */
export interface ApplyStream {
	/** A server begins anew: its service knows nothing. */
	started(server: number): void;
	applied(server: number, firstIndex: number, entries: readonly AppliedEntry[]): void;
	/** The service's state was replaced by a snapshot that holds these commands, the last entry at `index`. */
	restored(server: number, index: number, commands: readonly string[]): void;
}

/** The service of one server since its last start. */
interface Life {
	nextIndex: number;
	commandCount: number;
}

export class ApplyJudge implements ApplyStream {
	readonly #fail: (error: Error) => void;
	/** By log index: what the first server that applied it found there. */
	readonly #entries = new Map<number, string>();
	/** By the lab's index, from 1. */
	readonly #commands = new Map<number, string>();
	readonly #lives: Life[];
	/** By server: the highest lab index that it has ever delivered; survives a restart, as the lab's own copy does. */
	readonly #reached: number[];

	/** `fail` is told of the first violation. */
	constructor(servers: number, fail: (error: Error) => void) {
		this.#fail = fail;
		this.#lives = Array.from({length: servers}, newLife);
		this.#reached = Array.from({length: servers}, () => 0);
	}

	/** The highest lab index that any server has delivered. */
	get highest(): number {
		return Math.max(...this.#reached);
	}

	/** How many servers have delivered this lab index, and what. */
	committed(index: number): {readonly count: number; readonly command: string | undefined} {
		return {count: this.#reached.filter(reached => reached >= index).length, command: this.#commands.get(index)};
	}

	started(server: number): void {
		this.#lives[server] = newLife();
	}

	applied(server: number, firstIndex: number, entries: readonly AppliedEntry[]): void {
		const life = this.#lives[server]!;
		if (firstIndex !== life.nextIndex) {
			return this.#fail(
				new Error(`server ${server} applied index ${firstIndex} where ${life.nextIndex} was to come: out of order`),
			);
		}
		for (const entry of entries) this.#takeEntry(server, life, entry);
	}

	restored(server: number, index: number, commands: readonly string[]): void {
		const life = this.#lives[server]!;
		if (index < life.nextIndex) {
			return this.#fail(
				new Error(`server ${server} was taken back to ${index} by a snapshot, from ${life.nextIndex - 1}`),
			);
		}
		for (const [offset, command] of commands.entries()) this.#takeCommand(server, offset + 1, command);
		life.nextIndex = index + 1;
		life.commandCount = commands.length;
	}

	#takeEntry(server: number, life: Life, {term, type, command}: AppliedEntry): void {
		const index = life.nextIndex++;
		const entry = `${type} '${command}' of term ${term}`;
		const known = this.#entries.get(index);
		if (known === undefined) this.#entries.set(index, entry);
		else if (known !== entry) {
			this.#fail(new Error(`server ${server} applied ${entry} at index ${index}, where another applied ${known}`));
		}
		if (type === 'command') this.#takeCommand(server, ++life.commandCount, command);
	}

	#takeCommand(server: number, index: number, command: string): void {
		const known = this.#commands.get(index);
		if (known === undefined) this.#commands.set(index, command);
		else if (known !== command) {
			this.#fail(new Error(`server ${server} has '${command}' as command ${index}, where another has '${known}'`));
		}
		this.#reached[server] = Math.max(this.#reached[server]!, index);
	}
}

function newLife(): Life {
	return {nextIndex: 1, commandCount: 0};
}
