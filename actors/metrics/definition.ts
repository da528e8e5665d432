/** How a metric is defined: its name for Prometheus, and where its samples come from. */
import type {ClusterMetrics, NodeMetrics, RaftMetrics, RedisPortMetrics, ServerMetrics} from './cluster-metrics.js';
import type {DurationHistogram} from './histogram.js';
import type {ThreadMetrics} from './thread-meter.js';

/** What a port exports. */
export interface ExportedMetrics extends ClusterMetrics {
	/** `undefined`: there is no such port. */
	readonly redis: RedisPortMetrics | undefined;
}

/** One series. */
export interface MetricSample {
	readonly labels: Readonly<Record<string, string | number>>;
	readonly value: number | DurationHistogram;
}

export interface MetricDefinition {
	readonly name: string;
	readonly type: 'counter' | 'gauge' | 'histogram';
	/** A sentence without its full stop. */
	readonly help: string;
	/** The names of its labels, beside `le` of a histogram. */
	readonly labels: readonly string[];
	readonly samples: (metrics: ExportedMetrics) => readonly MetricSample[];
}

type Type = MetricDefinition['type'];
type Value = MetricSample['value'];
/** A value for each value of a second label. */
type Values = Readonly<Record<string, Value>>;

type Labelled<Source> = readonly [labels: MetricSample['labels'], source: Source];

/** Defines metrics that have a sample for each of these sources. */
const samplesOf =
	<Source>(labels: readonly string[], sourcesOf: (metrics: ExportedMetrics) => readonly Labelled<Source>[]) =>
	(name: string, type: Type, help: string, valueOf: (source: Source) => Value): MetricDefinition => ({
		name,
		type,
		help,
		labels,
		samples: metrics => sourcesOf(metrics).map(([each, source]) => ({labels: each, value: valueOf(source)})),
	});

/** Of the cluster as a whole: one sample. */
export const whole = samplesOf<ExportedMetrics>([], metrics => [[{}, metrics]]);

/** A sample for each node, whatever state it is in. */
export const ofNode = samplesOf<NodeMetrics>(['node'], ({nodes}) => nodes.map(node => [{node: node.id}, node]));

/** A sample for each node that is up and has answered. */
export const ofRaft = samplesOf<RaftMetrics>(['node'], ({nodes}) =>
	nodes.flatMap(({id, raft}) => (raft === undefined ? [] : [[{node: id}, raft]])),
);

/** A sample for each node that has answered, and each value of a second label. */
export const eachOfRaft = (
	name: string,
	type: Type,
	help: string,
	[label, valuesOf]: readonly [string, (raft: RaftMetrics) => Values],
): MetricDefinition => ({
	name,
	type,
	help,
	labels: ['node', label],
	samples: ({nodes}) =>
		nodes.flatMap(({id, raft}) =>
			Object.entries(raft === undefined ? {} : valuesOf(raft)).map(([key, value]) => ({
				labels: {node: id, [label]: key},
				value,
			})),
		),
});

/** A sample for each server that has answered. */
export const ofServer = samplesOf<ServerMetrics>(['node'], ({nodes}) =>
	nodes.flatMap(({id, server}) => (server === undefined ? [] : [[{node: id}, server]])),
);

/** A sample for each thread. */
export const ofThread = samplesOf<ThreadMetrics>(['thread'], metrics =>
	threadsOf(metrics).map(thread => [{thread: thread.thread}, thread]),
);

/** One sample, where there is a Redis port. */
export const ofRedis = samplesOf<RedisPortMetrics>([], ({redis}) => (redis === undefined ? [] : [[{}, redis]]));

export const threadsOf = ({mainThread, nodes}: ExportedMetrics): readonly ThreadMetrics[] => [
	mainThread,
	...nodes.flatMap(({threads}) => threads),
];
