/** Planted in what lets a cluster go on while a fault lasts. */
import {plant, type Mutant} from './mutant.js';

const leader = 'raft/leader';

export const livenessMutants: readonly Mutant[] = [
	plant(
		'deaf-leader-stays',
		'a leader that hears nobody goes on leading, and its heartbeats keep the others from electing another',
		'dissertation §6.2 (CheckQuorum); Cloudflare 2020, etcd-io/etcd#3866',
		leader,
		"if (this.#hasLostQuorum()) return 'noQuorum';",
		'',
	),
	plant(
		'quorum-of-senders',
		'to have sent a follower something counts as having heard of it',
		'dissertation §6.2 (CheckQuorum)',
		'raft/replication',
		'progress.lastSent = now; progress.commitIndexSent = leaderCommit;',
		'progress.lastSent = now; progress.lastContact = now; progress.commitIndexSent = leaderCommit;',
	),
	plant(
		'one-answer-is-quorum',
		'a leader that hears anybody at all goes on leading',
		'dissertation §6.2 (CheckQuorum)',
		leader,
		'return !hasQuorum(replicated.configuration, voter => {',
		'return ![...this.#progress.keys()].some(voter => {',
	),
	plant(
		'pre-vote-from-all',
		'a pre-vote needs the word of everybody',
		'dissertation §9.6',
		'raft/election',
		'if (!voteRound.isWonIn(replicated.configuration)) return;',
		'if (!voteRound.isWonIn(replicated.configuration)) return; if (voteRound.isPreVote && !replicated.configuration.voters.every(voter => voteRound.has(voter))) return;',
	),
	plant(
		'commit-waits-for-all',
		'a leader commits what everybody has',
		'§5.3',
		leader,
		'return quorumReached(replicated.configuration, voter => voter === id ? replicated.durability.durableIndex : (this.#progress.get(voter)?.matchIndex ?? 0));',
		'return Math.min(replicated.durability.durableIndex, ...[...this.#progress.values()].map(({ matchIndex }) => matchIndex));',
	),
	plant(
		'read-given-up-in-silence',
		'a clerk whose read ran out of time forgets it, and tells nobody',
		'etcd-io/etcd#9566 (waiters that nobody tells)',
		'service/clerk/unsettled-tasks',
		"this.#outbox.add({ type: 'failed', operationId: task.id, caller: task.caller, error });",
		"if (task.operation.type === 'write') this.#outbox.add({ type: 'failed', operationId: task.id, caller: task.caller, error });",
	),
	plant(
		'no-request-allowed',
		'a clerk that halves what it may have in flight comes down to nothing, and sends no more',
		'congestion windows in general (RFC 5681)',
		'service/clerk/attempts',
		'Math.max(Math.min(requestsMin, requestsMax), Math.floor(this.#allowed / 2))',
		'Math.floor(this.#allowed / 2)',
	),
];
