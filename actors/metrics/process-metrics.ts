import type {ProcessMetrics} from './cluster-metrics.js';

/** Of now. */
export function processMetrics(): ProcessMetrics {
	const {user, system} = process.cpuUsage();
	return {
		cpuMs: (user + system) / 1000,
		residentBytes: process.memoryUsage.rss(),
		startedMs: Math.round(Date.now() - process.uptime() * 1000),
	};
}
