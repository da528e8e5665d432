/** Metrics in the text format of Prometheus, which prom-client writes. */
import {type Metric, type MetricObjectWithValues, type MetricValueWithName, Registry} from 'prom-client';
import {metricDefinitions} from './catalogue.js';
import type {ExportedMetrics, MetricDefinition, MetricSample} from './definition.js';
import type {DurationHistogram} from './histogram.js';

export const contentType: string = Registry.PROMETHEUS_CONTENT_TYPE;

export async function prometheusText(metrics: ExportedMetrics): Promise<string> {
	const registry = new Registry();
	for (const definition of metricDefinitions) {
		// A registry asks a metric for its name and its values. Prom-client's own count by themselves, and take no numbers
		// that were counted elsewhere.
		const {name, help, type} = definition;
		const get = async (): Promise<MetricObjectWithValues<MetricValueWithName<string>>> => valuesOf(definition, metrics);
		registry.registerMetric({name, help, type, get} as unknown as Metric);
	}
	return registry.metrics();
}

function valuesOf(
	{name, help, type, samples}: MetricDefinition,
	metrics: ExportedMetrics,
): MetricObjectWithValues<MetricValueWithName<string>> {
	const values = samples(metrics).flatMap(sample => seriesOf(name, sample));
	return {name, help, type, values, aggregator: 'sum'} as unknown as MetricObjectWithValues<
		MetricValueWithName<string>
	>;
}

function seriesOf(name: string, {labels, value}: MetricSample): readonly MetricValueWithName<string>[] {
	if (typeof value === 'number') return [{metricName: name, labels, value}];
	return [
		...bucketsOf(value).map(([le, count]) => ({metricName: `${name}_bucket`, labels: {...labels, le}, value: count})),
		{metricName: `${name}_sum`, labels, value: value.sumMs / 1000},
		{metricName: `${name}_count`, labels, value: value.count},
	];
}

/** Upper bound in seconds, and how many durations do not exceed it. */
function bucketsOf({boundsMs, counts}: DurationHistogram): readonly (readonly [number | '+Inf', number])[] {
	let sum = 0;
	return counts.map((count, bucket) => {
		sum += count;
		const boundMs = boundsMs[bucket];
		return [boundMs === undefined ? '+Inf' : boundMs / 1000, sum] as const;
	});
}
