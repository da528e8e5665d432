/** The one place that knows what a quorum is. Learners never count; a node outside `voters` never counts. */
import type {Configuration, NodeId} from './types.js';

export const isVoter = ({voters}: Configuration, id: NodeId): boolean => voters.includes(id);

/** Voters and learners other than `id`. */
export function peersOf({voters, learners}: Configuration, id: NodeId): readonly NodeId[] {
	return [...voters, ...learners].filter(peer => peer !== id);
}

/** Smallest number of voters that any two such sets share a member of. */
export const quorumSize = ({voters}: Configuration): number => Math.floor(voters.length / 2) + 1;

/** The largest number that a quorum of voters has reached: of match indexes, or of read tokens. 0 without voters. */
export function quorumReached(configuration: Configuration, reached: (voter: NodeId) => number): number {
	// Asked in every step of a leader, about a handful: put in order by hand, the largest first.
	const numbers: number[] = [];
	for (const voter of configuration.voters) {
		const number = reached(voter);
		let offset = numbers.length;
		for (; offset > 0 && (numbers[offset - 1] ?? 0) < number; offset--) numbers[offset] = numbers[offset - 1] ?? 0;
		numbers[offset] = number;
	}
	return numbers[quorumSize(configuration) - 1] ?? 0;
}

/** Whether those for whom `agrees` holds are a quorum. */
export function hasQuorum(configuration: Configuration, agrees: (voter: NodeId) => boolean): boolean {
	return quorumReached(configuration, voter => (agrees(voter) ? 1 : 0)) === 1;
}
