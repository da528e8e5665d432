/** The skeleton's router: looks at `to`, hands on. */
import type {MessagePort} from 'node:worker_threads';
import type {SkeletonEnvelope, SkeletonPost} from './protocol.js';

const isBatch = (post: SkeletonPost): post is readonly SkeletonEnvelope[] => Array.isArray(post);

export class SkeletonRouter {
	readonly #nodes: readonly MessagePort[];

	constructor(nodes: readonly MessagePort[]) {
		this.#nodes = nodes;
		for (const port of nodes) this.attach(port);
	}

	attach(port: MessagePort): void {
		port.on('message', this.route);
	}

	readonly route = (post: SkeletonPost): void => {
		if (!isBatch(post)) return this.#forward(post.to, post, [post]);
		const outgoing = new Map<number, SkeletonEnvelope[]>();
		for (const envelope of post) {
			const batch = outgoing.get(envelope.to);
			if (batch === undefined) outgoing.set(envelope.to, [envelope]);
			else batch.push(envelope);
		}
		for (const [to, batch] of outgoing) this.#forward(to, batch, batch);
	};

	close(): void {
		for (const port of this.#nodes) port.close();
	}

	#forward(to: number, post: SkeletonPost, envelopes: readonly SkeletonEnvelope[]): void {
		this.#nodes[to]?.postMessage(post, portsOf(envelopes));
	}
}

/** Ports that must travel with these. */
export function portsOf(envelopes: readonly SkeletonEnvelope[]): MessagePort[] {
	const ports: MessagePort[] = [];
	for (const envelope of envelopes) {
		if (envelope.type === 'hello') ports.push(envelope.replies);
		else if (envelope.type === 'single' && envelope.port !== undefined) ports.push(envelope.port);
	}
	return ports;
}
