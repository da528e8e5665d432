import type {Cluster} from '../../actors/index.js';
import {NODE_LINKS} from '../../src/faults/endpoint.js';

/**
 * From now on nobody leads, and nobody is told so: nodes that are started together would elect one at once. All have the same log,
 * so that each can be elected.
 */
export async function withoutLeader(cluster: Cluster): Promise<Cluster> {
	await using clerk = cluster.clerk({timeoutMs: 60_000});
	await clerk.put('first', 'of all');
	const areLevel = async (): Promise<boolean> => {
		const [first, ...others] = (await cluster.status()).map(({replica}) => replica?.lastIndex);
		return first !== undefined && others.every(lastIndex => lastIndex === first);
	};
	while (!(await areLevel()));
	await cluster.inject({type: 'cut', links: NODE_LINKS});
	for (const id of cluster.nodeIds) await cluster.kill(id);
	for (const id of cluster.nodeIds) await cluster.restart(id);
	await cluster.heal();
	return cluster;
}
