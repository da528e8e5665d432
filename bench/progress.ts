/** The bar of the bench, on standard error; where that is no terminal, a line now and then. */
import cliProgress from 'cli-progress';

const noteEvery = 0.1;

export interface Progress {
	step(what: string): void;
	/** A line that stays. */
	note(line: string): void;
	stop(): void;
}

export function startProgress(total: number): Progress {
	return process.stderr.isTTY ? barOf(total) : linesOf(total);
}

function barOf(total: number): Progress {
	const bar = new cliProgress.SingleBar({
		stream: process.stderr,
		format: '{bar} {percentage} % of {total} loads, {eta_formatted} left, {what}',
		clearOnComplete: true,
		hideCursor: true,
		etaBuffer: 50,
	});
	bar.start(total, 0, {what: 'starting'});
	return {
		step: what => bar.increment(1, {what}),
		note(line) {
			// Over the bar's own line, which it draws anew below.
			process.stderr.write(`\r\u001b[K${line}\n`);
		},
		stop: () => bar.stop(),
	};
}

function linesOf(total: number): Progress {
	let done = 0;
	let next = noteEvery;
	return {
		step(what) {
			done++;
			if (done / total < next) return;
			next += noteEvery;
			console.error(`${Math.round((100 * done) / total)} % of ${total} loads, at ${what}`);
		},
		note: line => console.error(line),
		stop: () => undefined,
	};
}
