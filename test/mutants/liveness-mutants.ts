/** Planted in what lets a cluster go on while a fault lasts. */
import {plant, type Mutant} from './mutant.js';

const leader = 'raft/leader';
const node = 'raft/raft-node';

export const livenessMutants: readonly Mutant[] = [
	plant(
		'deaf-leader-stays',
		'a leader that hears nobody goes on leading, and its heartbeats keep the others from electing another',
		'dissertation §6.2 (CheckQuorum); Cloudflare 2020, etcd-io/etcd#3866',
		node,
		'if (leader.hasLostQuorum(this.#now) || this.#isDiskStalled())',
		'if (this.#isDiskStalled())',
	),
	plant(
		'quorum-of-senders',
		'to have sent a follower something counts as having heard of it',
		'dissertation §6.2 (CheckQuorum)',
		leader,
		'progress.lastSent = now; progress.commitIndexSent = leaderCommit;',
		'progress.lastSent = now; progress.lastContact = now; progress.commitIndexSent = leaderCommit;',
	),
	plant(
		'one-answer-is-quorum',
		'a leader that hears anybody at all goes on leading',
		'dissertation §6.2 (CheckQuorum)',
		leader,
		'return !hasQuorum(this.#context.configuration(), voter => {',
		'return ![...this.#progress.keys()].some(voter => {',
	),
	plant(
		'pre-vote-from-all',
		'a pre-vote needs the word of everybody',
		'dissertation §9.6',
		node,
		'if (!hasQuorum(this.#replicated.configuration, voter => this.#votes.has(voter))) return;',
		"if (!hasQuorum(this.#replicated.configuration, voter => this.#votes.has(voter))) return; if (this.#role === 'preCandidate' && !this.#replicated.configuration.voters.every(voter => this.#votes.has(voter))) return;",
	),
	plant(
		'commit-waits-for-all',
		'a leader commits what everybody has',
		'§5.3',
		leader,
		'return quorumReached(this.#context.configuration(), voter => voter === id ? durability.durableIndex : (this.#progress.get(voter)?.matchIndex ?? 0));',
		'return Math.min(durability.durableIndex, ...[...this.#progress.values()].map(({ matchIndex }) => matchIndex));',
	),
];
