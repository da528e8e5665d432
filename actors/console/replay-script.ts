/** Runs a script again in a console, heals what it has broken, and judges what its clients saw. */
import {performance} from 'node:perf_hooks';
import {type BegunReplayLine, type FailedLine, replay, type ReplayReport} from '../script/replay.js';
import type {Script} from '../script/script-reader.js';
import type {CommandContext} from './command.js';
import {CommandRefusedError, HistoryVerdictError} from './errors.js';

/** `check` begins there. */
const mark = 'replay';

/** Resolves with the verdict. Rejects with a `HistoryVerdictError` unless it is linearizable, and where a fault could not be set. */
export async function replayScript(script: Script, context: CommandContext): Promise<string> {
	const {target, print, signal} = context;
	const {nodes, lines, durationMs, isEnded} = script;
	print(`${lines.length} lines on ${nodes} nodes, ${(durationMs / 1000).toFixed(1)} s`);
	if (!isEnded) print('the recording was not ended: what is there is run');
	await target.mark(mark, signal);
	const {failures, isCancelled} = await replayAndHeal(script, context);
	if (isCancelled) {
		print('the replay was cancelled: all faults are healed');
		return '';
	}
	return verdictOf(context, failures);
}

async function replayAndHeal(script: Script, context: CommandContext): Promise<ReplayReport> {
	const {target, print, signal} = context;
	const begin = (line: string, cancelled: AbortSignal): BegunReplayLine => {
		const {command, result} = context.begin(line, cancelled);
		return {isOfClient: command?.topic === 'data', result};
	};
	try {
		return await replay(script, {begin, print, signal, now: () => performance.now()});
	} finally {
		// Even if nobody waits for it any more.
		const healed = await target.heal(() => true, new AbortController().signal);
		for (const fault of healed) print(`healed: ${fault}`);
	}
}

async function verdictOf(context: CommandContext, failures: readonly FailedLine[]): Promise<string> {
	const verdict = await judge(context);
	const first = failures.find(({isOfClient}) => !isOfClient);
	if (first !== undefined) {
		const {line, message} = first;
		throw new CommandRefusedError(`line ${line.number}, "${line.text}", failed: ${message} (${verdict})`);
	}
	return failures.length === 0 ? verdict : `${verdict}\n${failures.length} operations of clients failed, as they may`;
}

/** What loads and typed lines saw since the start of the replay. */
async function judge({target, begin, signal}: CommandContext): Promise<string> {
	const end = await begin(target.loadStatistics === undefined ? 'check' : 'load stop', signal).result;
	if (end.type === 'failed') throw new HistoryVerdictError(end.message);
	return end.type === 'answered' ? end.text : '';
}
