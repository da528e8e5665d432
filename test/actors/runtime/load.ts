import {performance} from 'node:perf_hooks';

/** Keeps the thread busy. */
export function spinUs(durationUs: number): void {
	const endMs = performance.now() + durationUs / 1000;
	while (performance.now() < endMs);
}

/** Counts the ticks of an interval, to show whether the timers of a thread are alive. */
export function intervalGauge(intervalMs: number) {
	const startMs = performance.now();
	let lastMs = startMs;
	let ticks = 0;
	let worstGapMs = 0;
	const note = () => {
		const nowMs = performance.now();
		worstGapMs = Math.max(worstGapMs, nowMs - lastMs);
		lastMs = nowMs;
	};
	const interval = setInterval(() => {
		ticks++;
		note();
	}, intervalMs).unref();
	return {
		stop() {
			clearInterval(interval);
			note();
			return {ticks, worstGapMs, durationMs: lastMs - startMs};
		},
	};
}
