/** Planted where a node is told that a peer's life has ended. */
import type {Mutant} from './mutant.js';

const election = 'raft/election';
const node = 'raft/raft-node';

export const deathNoticeMutants: readonly Mutant[] = [
	{
		id: 'dead-count-as-votes',
		title: 'a candidate counts the vote of the leader whose end it was told',
		source: 'a quorum of those that are left: openraft commits cecb5de8, fbbf37b1; §5.2',
		patches: [
			{
				file: election,
				find: "if (roles.role !== 'follower' || roles.leaderId !== peer) return;",
				replace: "if (roles.role !== 'follower' || roles.leaderId !== peer) return; this.dead = peer;",
			},
			{
				file: election,
				find: 'const voteRound = roles.becomeCandidate(kind);',
				replace:
					'const voteRound = roles.becomeCandidate(kind); if (this.dead !== undefined) voteRound.add(this.dead);',
			},
		],
	},
	{
		id: 'dead-for-good',
		title: 'nothing is taken of a peer any more once its end was told',
		source: 'a failure detector that is believed for ever; Chandra and Toueg 1996 (eventual accuracy)',
		patches: [
			{
				file: node,
				find: 'return this.#inbox.receive(input.from, input.message);',
				replace: 'if (this.dead?.has(input.from)) return; return this.#inbox.receive(input.from, input.message);',
			},
			{
				file: node,
				find: 'return this.#election.peerDown(input.peer);',
				replace: '(this.dead ??= new Set()).add(input.peer); return this.#election.peerDown(input.peer);',
			},
		],
	},
];
