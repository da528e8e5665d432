/** Runs the lines that a page sends, as the console runs those that are typed. */
import {setMaxListeners} from 'node:events';
import {topicTitles} from '../console/command.js';
import {allCommands} from '../console/commands/all.js';
import {firstWordsOf} from '../console/completion.js';
import type {ConsoleTarget} from '../console/console-target.js';
import {CommandRefusedError} from '../console/errors.js';
import type {LiveView} from '../console/live-views.js';
import {LineRunner, withoutTerminal} from '../console/line-runner.js';
import type {CommandsView, LineAnswer} from './protocol.js';

export interface LineAnswersOptions {
	readonly target: ConsoleTarget;
	/** Begins a line by calling what it is given. */
	readonly beginning: <Begun>(begin: () => Begun) => Begun;
	/** Told of each line that was run. */
	readonly answered: (line: string, answer: LineAnswer) => void;
}

/** Lines that run at once; more are refused. */
const linesMax = 32;
/** For each that has no deadline of its own, ms. */
const deadlineMs = 10_000;
const columns = 100;
/** Characters. */
const answerMax = 64 * 1024;

export class LineAnswers {
	readonly commands: CommandsView;
	readonly #options: LineAnswersOptions;
	readonly #closed = new AbortController();
	/** One for all lines: the reads and writes of the page are those of one client, and a recording takes all lines. */
	readonly #runner: LineRunner;
	#running = 0;

	constructor(options: LineAnswersOptions) {
		this.#options = options;
		this.#runner = new LineRunner({
			...withoutTerminal,
			live: {begin: beginView, end: () => false},
			target: options.target,
			commands: allCommands,
			settings: {deadlineMs, backgroundMs: deadlineMs, hasColours: false, isPlain: false, hasNotices: false},
			columns: () => columns,
			print: () => undefined,
		});
		// Each line that runs listens.
		setMaxListeners(linesMax, this.#closed.signal);
		const {nodeCount} = options.target;
		const commands = allCommands.map(each => {
			const {name, usage, summary, details, example, topic} = each;
			const firstWords = firstWordsOf(each, nodeCount, allCommands);
			return {name, usage, summary, details, example, topic, firstWords};
		});
		const topics = Object.entries(topicTitles).map(([name, title]) => ({name, title}));
		this.commands = {topics, commands};
	}

	/** Never rejects. */
	async answer(line: string): Promise<LineAnswer> {
		if (this.#running >= linesMax) {
			return {type: 'failed', text: `${linesMax} lines are running already: wait until one has ended`};
		}
		this.#running++;
		try {
			const answer = await this.#run(line);
			if (answer.type !== 'empty') this.#options.answered(line, answer);
			return answer;
		} finally {
			this.#running--;
		}
	}

	/** Lines that still run fail, and a recording ends. */
	close(): void {
		this.#closed.abort();
		this.#runner.session.close();
	}

	async #run(line: string): Promise<LineAnswer> {
		const printed: string[] = [];
		const print = (text: string): void => void (printed.length < 1000 && printed.push(text));
		const begun = this.#options.beginning(() => this.#runner.begin(line, this.#closed.signal, print));
		const result = await begun.result;
		const text = (own: string): string => [...printed, own].join('\n').slice(0, answerMax);
		switch (result.type) {
			case 'answered':
				return {type: 'answered', text: text(result.text)};
			case 'failed':
				return {type: 'failed', text: text(result.message)};
			case 'quit':
				return {type: 'failed', text: text('the console that started the cluster ends it: type "quit" there')};
			case 'empty':
				return {type: 'empty', text: ''};
			default:
				return result satisfies never;
		}
	}
}

/** The page shows the figures of a load by itself. */
function beginView(name: string, view: LiveView): void {
	view.ended?.();
	if (name === 'load') return;
	throw new CommandRefusedError(
		`"${name}" is for the console in a terminal: the page shows the nodes and the messages itself`,
	);
}
