/** Runs lines as a script. */
import {PassThrough} from 'node:stream';
import {runConsole} from '../../actors/console/console.js';
import {MemoryTarget} from './memory-target.js';
import {collect} from './terminal.js';

interface Transcript {
	readonly status: number;
	readonly output: string;
	readonly errors: string;
}

export async function runScript(
	script: string,
	target = new MemoryTarget(),
	deadlineMs = 10_000,
	keepsGoing = false,
): Promise<Transcript> {
	const [input, output, errorOutput] = [new PassThrough(), new PassThrough(), new PassThrough()];
	const [outputText, errorText] = [collect(output), collect(errorOutput)];
	input.end(script);
	const status = await runConsole(target, {input, output, errorOutput, isTerminal: false, deadlineMs, keepsGoing});
	return {status, output: outputText(), errors: errorText()};
}
