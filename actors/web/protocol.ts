/** What the page and its server say to each other, beside the lines of a trace. Nothing here runs. */

/** What the page knows of a command of the console, to make a control of it. */
export interface CommandView {
	readonly name: string;
	readonly usage: string;
	readonly summary: string;
	readonly details: readonly string[];
	/** A line that means something as it stands. */
	readonly example: string;
	readonly topic: string;
	/** What may stand behind its name, as far as that is known. */
	readonly firstWords: readonly string[];
}

/** All commands by topic, in the order of the console's help. */
export interface CommandsView {
	readonly topics: readonly {readonly name: string; readonly title: string}[];
	readonly commands: readonly CommandView[];
}

export interface LineAnswer {
	readonly type: 'empty' | 'answered' | 'failed';
	readonly text: string;
}
