import type {ClusterMetrics, NodeMetrics} from '../../actors/index.js';

export function nodeMetrics({nodes}: ClusterMetrics, id: number): NodeMetrics {
	const node = nodes[id];
	if (node === undefined) throw new Error(`there is no node ${id}`);
	return node;
}
