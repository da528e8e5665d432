/** The latencies of one load, as few numbers as a plot needs. */
import {build, type Histogram} from 'hdr-histogram-js';

export interface Latencies {
	readonly p50Us: number;
	readonly p99Us: number;
	readonly p999Us: number;
	/** `[percentile, us]`, both ascending. */
	readonly distribution: readonly (readonly [number, number])[];
}

const percentiles = [
	0, 1, 2.5, 5, 10, 15, 20, 25, 30, 35, 40, 45, 50, 55, 60, 65, 70, 75, 80, 85, 90, 92, 94, 95, 96, 97, 98, 98.5, 99,
	99.3, 99.5, 99.7, 99.8, 99.9, 99.95, 99.99, 100,
];

/** Takes nanoseconds, up to a minute. */
export const newHistogram = (): Histogram =>
	build({lowestDiscernibleValue: 100, highestTrackableValue: 60e9, numberOfSignificantValueDigits: 3});

export function latenciesOf(histogram: Histogram): Latencies {
	const at = (percentile: number): number => histogram.getValueAtPercentile(percentile) / 1000;
	return {
		p50Us: at(50),
		p99Us: at(99),
		p999Us: at(99.9),
		distribution: percentiles.map(percentile => [percentile, at(percentile)] as const),
	};
}
