/**
 * What a command of the console is. Each is one object, in a file of its family in `commands/`, with a line in
 * `commands/all.ts`.
 */
import type {Colors} from 'picocolors/types.js';
import type {CommandArguments} from './command-arguments.js';
import type {ConsoleTarget} from './console-target.js';
import type {LiveViews} from './live-views.js';
import type {Offers} from './offers.js';
import type {LineEnd} from '../script/replay.js';
import type {Session} from './session.js';
import type {Settings} from './settings.js';

/** What a command is about: `help` lists the commands by topic, in this order. */
export const topicTitles = {
	data: 'keys and values',
	nodes: 'what happens to nodes',
	network: 'what happens between nodes',
	disks: 'what happens to the disks of nodes',
	clocks: 'what happens to the clocks of nodes',
	nemesis: 'any fault as data, and many of them',
	judging: 'load, and the judgement of what its clients saw',
	watching: 'what the cluster does',
	session: 'the console itself',
} as const;

export type Topic = keyof typeof topicTitles;

/** `Parsed`: what the words of a line mean. */
export interface Command<Parsed = unknown> {
	/** One word in lower case. */
	readonly name: string;
	/** Other names that people type. @default none */
	readonly aliases?: readonly string[];
	/** Words for which this command is suggested. @default none */
	readonly suggestedFor?: readonly string[];
	/** As a user writes it. */
	readonly usage: string;
	/** One line. */
	readonly summary: string;
	/** What else one may want to know; paragraphs. */
	readonly details: readonly string[];
	/** A line that means something as it stands, on a cluster of three nodes. */
	readonly example: string;
	readonly topic: Topic;
	/** What Tab offers: an entry for each word behind the name; or a function of the words before, without the name. */
	readonly completions: readonly Offers[] | ((before: readonly string[]) => Offers);
	/** It only looks: once it is cancelled or late, nothing can still happen. @default false */
	readonly changesNothing?: boolean;
	/** How long it may take, in ms; `none`: for as long as its line says. @default the setting `deadline` */
	readonly deadlineMs?: number | 'none';
	/**
	 * At a terminal it never goes to the background: to wait for it is what it is for, or it is over soon whatever happens.
	 * @default false
	 */
	readonly staysInForeground?: boolean;
	/** Commands of one queue are carried out one after the other, in the order of their lines. @default none: at once */
	readonly queue?: 'data' | 'load';
	/** What is said of it while it waits in the background: "#3 restart 1 waits: ...". @default what is wrong with the cluster */
	readonly waitsFor?: string;
	/** When it is cancelled it still has something to tell, within seconds: its line waits for that. @default false */
	readonly concludes?: boolean;
	/** Whether a recording takes its line. @default false for those of the topic `session`, true for all others */
	readonly isRecorded?: boolean;
	/** What it answers may be a value, which is shown without line breaks of ours. @default false */
	readonly answersWithValue?: boolean;
	/** Throws a `ConsoleSyntaxError`. Words that it leaves are refused afterwards. */
	parse(words: CommandArguments): Parsed;
	/**
	 * Resolves with what to print, without a line break at the end; with nothing to print where that is empty. Rejects when
	 * the target does, or with a `CommandRefusedError`. Once `context.signal` is aborted nobody waits any more.
	 */
	run(parsed: Parsed, context: CommandContext): Promise<string>;
}

/** What a command has while it runs. */
export interface CommandContext {
	readonly target: ConsoleTarget;
	readonly colours: Colors;
	/** Aborted when the command is cancelled or late. */
	readonly signal: AbortSignal;
	/** How many characters fit into a line. */
	readonly columns: number;
	/** How many lines are seen at once; `Infinity` where nothing scrolls away. */
	readonly rows: number;
	/** All commands of this console, in the order in which `help` lists them. */
	readonly commands: readonly Command[];
	readonly settings: Settings;
	readonly session: Session;
	/** The commands that wait in the background; none in a script. */
	readonly waiting: WaitingList;
	/** What goes on and is shown again and again. */
	readonly live: Pick<LiveViews, 'begin' | 'end'>;
	/** Shows a line at once, before the answer; above the prompt where there is one. */
	readonly print: (line: string) => void;
	/** Empties the screen; does nothing where there is none. */
	clearScreen(): void;
	/** Carries out another line, as if it had been typed. */
	readonly begin: (line: string, signal: AbortSignal) => OtherLine;
	/** Ends the console once this command has answered. */
	quit(): void;
}

/** A line that a command has others carry out. */
interface OtherLine {
	/** `undefined` where the line has none. */
	readonly command: Command | undefined;
	readonly result: Promise<LineEnd>;
}

/** What one may know of the commands in the background, and do to them. */
export interface WaitingList {
	/** A line for each, oldest first: its number, what was typed, since when it waits and on what. */
	describe(signal: AbortSignal): Promise<readonly string[]>;
	/** `undefined`: all. Answers how many there were. */
	cancel(number: number | undefined): number;
}

/** Gives `run` the type of what `parse` returns. */
export function defineCommand<Parsed>(command: Command<Parsed>): Command {
	return command;
}
