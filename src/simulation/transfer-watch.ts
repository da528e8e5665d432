/** Sees where two leaders send one node their snapshots in turn. */
import type {InstallSnapshot} from '../raft/types.js';
import type {Coverage} from './coverage.js';

export class TransferWatch {
	readonly #coverage: Coverage;
	/** By node: who sends it a snapshot whose last chunk has not come yet. */
	readonly #open = new Map<number, {readonly from: number; readonly term: number}>();

	constructor(coverage: Coverage) {
		this.#coverage = coverage;
	}

	/** A chunk has reached a node. */
	chunk(from: number, node: number, {term, done}: InstallSnapshot): void {
		const before = this.#open.get(node);
		if (before !== undefined && (before.from !== from || before.term !== term)) {
			this.#coverage.count('installSnapshot: of another leader than the chunk before');
		}
		if (done) this.#open.delete(node);
		else this.#open.set(node, {from, term});
	}
}
