/** The command line of `threadraft`: its subcommands, their options, and what is said to a wrong one. */
import {Command, CommanderError, InvalidArgumentError, Option} from 'commander';
import {addEngineOptions, type EngineOptions, engineOptionsOf, type RawEngineOptions} from './engine-options.js';
import {addRedisOptions, type RawRedisOptions, type RedisOptions, redisOptionsOf} from './redis-options.js';
import {wholeNumber} from './whole-number.js';

/** What `threadraft start` was asked for. */
export interface StartOptions {
	/** From 1 to 9. */
	readonly nodes: number;
	/** Where the nodes keep their data; `undefined`: in temporary files. */
	readonly directory: string | undefined;
	readonly redis: RedisOptions;
	/** The key/value servers run on threads of their own. */
	readonly kvThread: boolean;
	/** Bytes of keys and values; left out: the cluster's default. */
	readonly maxMemoryBytes?: number;
	/** Of the page on this machine, 0 for any free one; left out: there is no page. */
	readonly webPort?: number;
	/** Where Prometheus collects metrics, 0 for any free port; left out: nowhere. */
	readonly metricsPort?: number;
	readonly metricsHost: string;
	/** No console: serve until a signal comes. */
	readonly serve: boolean;
	/** A script goes on after a line that failed. */
	readonly keepGoing: boolean;
	/** The console is for a screen reader: no boxes, nothing that was written is written over. */
	readonly isPlain: boolean;
	/** The etcd cluster that takes the place of our own; then nothing of nodes, directory and threads counts. */
	readonly engine: EngineOptions | undefined;
}

/** One subcommand. */
export interface Subcommand {
	readonly name: string;
	readonly summary: string;
	/** Runs when the command line names none. */
	readonly isDefault: boolean;
	/**
	 * Adds options, arguments and the action to a command that has its name and summary already. The action hands the
	 * promise of the exit status to `setStatus`.
	 */
	mount(command: Command, setStatus: (status: Promise<number>) => void): void;
}

export interface CommandLineStreams {
	write(text: string): void;
	writeError(text: string): void;
}

/** The exit status of a command line that makes no sense, as most shells' tools have it. */
const USAGE_STATUS = 2;

/** What commander knows of the options of `start`; the defaults are set there. */
interface RawStartOptions extends RawEngineOptions, RawRedisOptions {
	readonly nodes: number;
	readonly dir: string;
	readonly memory: boolean;
	readonly kvThread: boolean;
	readonly maxMemory?: number;
	readonly web?: number;
	readonly metricsPort?: number;
	readonly metricsHost: string;
	readonly serve: boolean;
	readonly keepGoing: boolean;
	readonly plain: boolean;
}

export function startSubcommand(start: (options: StartOptions) => Promise<number>): Subcommand {
	return {
		name: 'start',
		summary: 'start a cluster with a console and a Redis port',
		isDefault: true,
		mount: (command, setStatus) => {
			const memory = new Option(
				'--memory',
				'keep the data in temporary files that are never forced to the disk and are gone at the end',
			);
			command
				.option('--nodes <n>', 'how many nodes, 1 to 9', wholeNumber(1, 9), 5)
				.option('--dir <path>', 'where the nodes keep their data', './threadraft-data')
				.addOption(memory.default(false).conflicts('dir'))
				.option(
					'--max-memory <bytes>',
					'refuse writes when keys and values, of which each node holds a copy, take more: a number, or 100mb, 2gb (default: 40 % of the memory, divided by the nodes)',
					memoryBytes,
				)
				.addOption(
					new Option(
						'--web [port]',
						'serve a page on this machine that shows the cluster and breaks it; without a port, or with 0, on any free one',
					)
						.argParser(wholeNumber(0, 65_535))
						.preset(0),
				)
				.option(
					'--metrics-port <port>',
					'serve metrics for Prometheus at this port; 0 takes any free one',
					wholeNumber(0, 65_535),
				)
				.option('--metrics-host <host>', 'address of the metrics', '127.0.0.1')
				.option('--kv-thread', 'run each key/value server on a thread of its own', false)
				.addOption(
					new Option('--serve', 'no console: serve until SIGTERM. So it does without a terminal and a script')
						.default(false)
						.conflicts('keepGoing'),
				)
				.option('--keep-going', 'run the rest of a script after a line that failed; else that ends the cluster', false)
				.option('--plain', 'a console for a screen reader: no boxes, nothing that was written is written over', false)
				.action((raw: RawStartOptions) => setStatus(start(startOptionsOf(raw, command))));
			addRedisOptions(command);
			addEngineOptions(command, ['nodes', 'dir', 'memory', 'maxMemory', 'kvThread', 'web', 'metricsPort']);
		},
	};
}

function startOptionsOf(raw: RawStartOptions, command: Command): StartOptions {
	const {nodes, dir, memory, kvThread, serve, keepGoing, plain, maxMemory} = raw;
	const {web, metricsPort, metricsHost} = raw;
	const engine = engineOptionsOf(raw, command);
	const directory = memory ? undefined : dir;
	const given = {
		nodes,
		directory,
		redis: redisOptionsOf(raw, command),
		kvThread,
		metricsHost,
		serve,
		keepGoing,
		isPlain: plain,
		engine,
	};
	return {
		...given,
		...(maxMemory === undefined ? {} : {maxMemoryBytes: maxMemory}),
		...(metricsPort === undefined ? {} : {metricsPort}),
		...(web === undefined ? {} : {webPort: web}),
	};
}

/**
 * Runs the subcommand that the words `asked` (without node and script) name. Resolves with the exit status; a command line that
 * makes no sense gets one line on stderr, and status 2. Rejects when the subcommand does.
 */
export async function runCommandLine(
	asked: readonly string[],
	subcommands: readonly Subcommand[],
	version: string,
	streams: CommandLineStreams,
): Promise<number> {
	const names = subcommands.map(({name}) => name);
	const words = asked[0] === 'help' && asked[1] !== undefined ? [asked[1], '--help'] : asked;
	const [first] = words;
	if (first !== undefined && !first.startsWith('-') && ![...names, 'help'].includes(first)) {
		streams.writeError(`threadraft: there is no command "${first}": write one of ${names.join(', ')}\n`);
		return USAGE_STATUS;
	}
	let status: Promise<number> | undefined;
	const program = programOf(subcommands, version, streams, begun => {
		status = begun;
	});
	try {
		program.parse(words, {from: 'user'});
	} catch (error) {
		if (!(error instanceof CommanderError)) throw error;
		return error.exitCode === 0 ? 0 : USAGE_STATUS;
	}
	return status ?? 0;
}

function programOf(
	subcommands: readonly Subcommand[],
	version: string,
	streams: CommandLineStreams,
	setStatus: (status: Promise<number>) => void,
): Command {
	const program = new Command('threadraft');
	program
		.description('A fault-tolerant, linearizable key/value store: Raft on worker threads')
		.version(version, '-v, --version')
		.exitOverride()
		.configureOutput({
			writeOut: text => streams.write(text),
			writeErr: text => streams.writeError(text),
			outputError: (text, write) => write(`${mistakeLine(text, 'threadraft')}\n`),
		});
	for (const subcommand of subcommands) {
		const {name, summary, isDefault} = subcommand;
		const command = program.command(name, {isDefault}).description(summary).allowExcessArguments(false);
		subcommand.mount(command, setStatus);
		if (isDefault) program.addHelpText('after', () => `\n${command.helpInformation()}`);
	}
	return program;
}

/** What is said to a command line that makes no sense. Commander may add a guess on a second line; a mistake is one line here. It repeats what is wrong: a password it must not. */
export function mistakeLine(text: string, command: string): string {
	const message = text
		.trim()
		.replace(/^error: /, '')
		.replaceAll(/\s*\n\s*/g, ' ')
		.replaceAll(/(:\/\/[^\s/:@']*:)[^\s']*@/g, '$1***@')
		.replaceAll(/(password[^\s'=]*=)[^']*/g, '$1***');
	return `threadraft: ${message} (see ${command} --help)`;
}

const bytesOfUnit: Readonly<Record<string, number>> = {'': 1, b: 1, kb: 2 ** 10, mb: 2 ** 20, gb: 2 ** 30};

function memoryBytes(text: string): number {
	const [, digits, unit = ''] = /^(\d{1,12})(b|kb|mb|gb)?$/i.exec(text) ?? [];
	const bytes = Number(digits) * (bytesOfUnit[unit.toLowerCase()] ?? Number.NaN);
	if (Number.isSafeInteger(bytes) && bytes > 0) return bytes;
	throw new InvalidArgumentError('Write a number of bytes, such as 104857600, 100mb or 2gb.');
}
