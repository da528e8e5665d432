/** `threadraft simulate` */
import {pathToFileURL} from 'node:url';
import cliProgress from 'cli-progress';
import {Command, CommanderError, InvalidArgumentError, Option} from 'commander';
import {mistakeLine} from '../console/command-line.js';
import {ThreadraftError} from '../../src/base/errors.js';
import {profiles, type Profile} from '../../src/simulation/profile.js';
import {isWhole, optionRanges} from '../../src/simulation/options.js';
import {durationMsDefault} from '../../src/simulation/simulate.js';
import {failureText, stalledText, summaryJson, summaryText} from './report.js';
import {loadSimulatedMachine} from './load-simulated-machine.js';
import {traceRun} from './trace-run.js';
import {runSeeds, type RunSummary} from './run-seeds.js';

/** Where the command writes to, and who can end it. */
export interface SimulateIo {
	readonly output: Pick<NodeJS.WriteStream, 'write'>;
	/** Errors and the progress bar; the bar only if it is a terminal. */
	readonly errors: NodeJS.WritableStream & {readonly isTTY?: boolean};
	/** Ends the run with the summary so far. @default an interrupt from the terminal */
	readonly interrupted?: AbortSignal;
}

/** Wrong usage is told apart from a violation. */
export const exitStatus = {ok: 0, violation: 1, usage: 2} as const;

interface CommandOptions {
	readonly seeds: number;
	readonly seed: number;
	readonly duration?: number;
	readonly nodes?: number;
	readonly profile: Profile;
	readonly machine?: string;
	readonly onlyFaults?: readonly number[];
	readonly until?: number;
	readonly threads?: number;
	readonly timeline: number;
	readonly stall: number;
	readonly shrink: boolean;
	readonly trace?: string;
	readonly json: boolean;
}

/** So many failures are told at length; of the others only the seed. */
const failuresTold = 3;

/** `args`: what follows `simulate`. Resolves to the exit status. */
export async function simulateCommand(args: readonly string[], io: SimulateIo): Promise<number> {
	const command = createCommand(io);
	try {
		command.parse(args, {from: 'user'});
	} catch (error) {
		if (!(error instanceof CommanderError)) throw error;
		return error.exitCode === 0 ? exitStatus.ok : exitStatus.usage;
	}
	using interrupt = interruptOf(io);
	// Awaited here: the interrupt is listened to until the end of the run.
	return await run(command.opts<CommandOptions>(), io, interrupt.signal);
}

function createCommand(io: SimulateIo): Command {
	return new Command('threadraft simulate')
		.description('Runs whole clusters on virtual time, with faults, and judges them; the same seed gives the same run.')
		.option('--seeds <count>', 'how many seeds', wholeFrom([1, 2 ** 32]), 100)
		.option('--seed <number>', 'the first seed', wholeFrom(optionRanges.seed), 1)
		.option('--duration <ms>', 'virtual time with faults (12000)', wholeFrom(optionRanges.durationMs))
		.option('--nodes <count>', 'nodes of the cluster, 1 to 9 (drawn from the seed)', wholeFrom(optionRanges.nodes))
		.addOption(new Option('--profile <name>', 'which faults').choices(profiles).default('all'))
		.option('--machine <module>', 'a state machine of your own: exports it, and `draw` (keys and values)')
		.option('--only-faults <numbers>', 'only these faults of the schedule, as a failure names them', parseNumbers)
		.option('--until <ms>', 'the faults end at this virtual time already', wholeFrom(optionRanges.untilMs))
		.option('--threads <count>', 'threads (one for each core)', wholeFrom([1, 256]))
		.option('--timeline <lines>', 'events that a failure shows', wholeFrom(optionRanges.timelineLength), 200)
		.option('--stall <seconds>', 'a seed that shows no progress for so long hangs', wholeFrom([1, 86_400]), 60)
		.option('--shrink', 'look for a smaller run that fails in the same way', false)
		.option('--trace <file>', 'write a trace of the first failing seed, or else of the first seed, step by step')
		.option('--json', 'report as JSON', false)
		.addHelpText('after', '\nExit status: 0 no violation, 1 a violation, 2 wrong usage.')
		.exitOverride()
		.configureOutput({
			writeOut: text => io.output.write(text),
			writeErr: text => io.errors.write(text),
			outputError: (text, write) => write(`${mistakeLine(text, 'threadraft simulate')}\n`),
		});
}

function wholeFrom(range: readonly [number, number]): (text: string) => number {
	return text => {
		const number = text.trim() === '' ? NaN : Number(text);
		if (isWhole(number, range)) return number;
		throw new InvalidArgumentError(`Write a whole number from ${range[0]} to ${range[1]}.`);
	};
}

const parseNumbers = (text: string): readonly number[] =>
	text === 'none' ? [] : text.split(',').map(wholeFrom([0, Number.MAX_SAFE_INTEGER]));

interface Interrupt extends Disposable {
	readonly signal: AbortSignal;
}

/** The first interrupt ends the run in order; the second, the process. */
function interruptOf({interrupted}: SimulateIo): Interrupt {
	if (interrupted !== undefined) return {signal: interrupted, [Symbol.dispose]: () => undefined};
	const controller = new AbortController();
	const abort = (): void => controller.abort();
	process.once('SIGINT', abort);
	return {signal: controller.signal, [Symbol.dispose]: () => process.off('SIGINT', abort)};
}

/** A path, or a `file:` URL already. */
const moduleUrl = (module: string): string => (module.startsWith('file:') ? module : pathToFileURL(module).href);

/** What is wrong with the module of a machine, as it is told. */
async function machineTrouble(machineModule: string | undefined): Promise<string | undefined> {
	if (machineModule === undefined) return undefined;
	try {
		await loadSimulatedMachine(machineModule);
		return undefined;
	} catch (error) {
		if (error instanceof ThreadraftError) return error.message;
		throw error;
	}
}

async function run(options: CommandOptions, io: SimulateIo, interrupted: AbortSignal): Promise<number> {
	const {seeds, seed, duration, nodes, profile, onlyFaults, until, threads, timeline, stall, shrink, json} = options;
	const machineModule = options.machine === undefined ? undefined : moduleUrl(options.machine);
	const trouble = await machineTrouble(machineModule);
	if (trouble !== undefined) {
		io.errors.write(`${mistakeLine(trouble, 'threadraft simulate')}\n`);
		return exitStatus.usage;
	}
	const settings = {
		machineModule,
		nodes,
		durationMs: duration ?? durationMsDefault,
		profile,
		onlyFaults,
		untilMs: until,
	};
	const progress = progressOf(io, seeds, json);
	const begun = performance.now();
	const summary = await runSeeds({
		firstSeed: seed,
		seeds,
		...settings,
		threads,
		stallMs: stall * 1000,
		timelineLength: timeline,
		shrinks: shrink,
		interrupted,
		onSeed: (soFar, outcome) => {
			progress.show(soFar);
			const isOk = outcome.type === 'report' && outcome.report.result.ok;
			if (isOk || json || soFar.violations.length + soFar.stalled.length > failuresTold) return;
			progress.stop();
			io.output.write(
				outcome.type === 'report'
					? failureText(outcome.report, {nodes, machineModule})
					: stalledText(outcome.stalled, settings),
			);
		},
	});
	progress.stop();
	const told = {wallMs: performance.now() - begun, isInterrupted: interrupted.aborted, nodes, machineModule};
	io.output.write(json ? summaryJson(summary, told) : summaryText(summary, told));
	if (options.trace !== undefined) io.errors.write(await traceRun(options.trace, summary, {...settings, seed}));
	return summary.violations.length + summary.stalled.length === 0 ? exitStatus.ok : exitStatus.violation;
}

interface Progress {
	show(summary: RunSummary): void;
	/** Until the next `show`. */
	stop(): void;
}

const noProgress: Progress = {show: () => undefined, stop: () => undefined};

function progressOf({errors}: SimulateIo, seeds: number, isJson: boolean): Progress {
	if (errors.isTTY !== true || isJson) return noProgress;
	let bar: cliProgress.SingleBar | undefined;
	return {
		show: summary => {
			if (bar === undefined) {
				const format =
					'{bar} {value}/{total} seeds, {violations} violations, {speed}x real time a core, {eta_formatted} left';
				bar = new cliProgress.SingleBar({stream: errors, format, clearOnComplete: true, hideCursor: true});
				bar.start(seeds, 0, {violations: 0, speed: 0});
			}
			const speed = Math.round(summary.virtualMs / Math.max(1, summary.busyMs));
			bar.update(summary.seeds, {violations: summary.violations.length, speed});
		},
		stop: () => {
			bar?.stop();
			bar = undefined;
		},
	};
}
