/** Planted where a leader hands its place over (dissertation §3.10). */
import {plant, type Mutant} from './mutant.js';

const election = 'raft/election';
const transfers = 'raft/transfers';

/** The log of whoever is asked is not compared with the one that the leader had. */
const anyLog = {
	file: election,
	find: 'if (this.#context.log.lastIndex !== lastLogIndex || !this.#mayStand)',
	replace: 'if (!this.#mayStand)',
};

export const transferMutants: readonly Mutant[] = [
	plant(
		'transfer-never-given-up',
		'a leader that gives a transfer up goes on refusing proposals',
		'hashicorp/raft#696, databendlabs/openraft#1747',
		transfers,
		'leader.handOverTo(undefined);',
		'',
	),
	{
		id: 'transfer-skips-log',
		title: 'the successor is asked before it has the log, and the others do not compare it',
		source: 'databendlabs/openraft#1805, hashicorp/raft#487',
		patches: [
			anyLog,
			{file: transfers, find: '!leader.isCaughtUp(to) ||', replace: ''},
			{
				file: election,
				find: '(votedFor === undefined || votedFor === from) && log.isUpToDate(lastLogTerm, lastLogIndex);',
				replace:
					'(votedFor === undefined || votedFor === from) && (message.isTransfer || log.isUpToDate(lastLogTerm, lastLogIndex));',
			},
		],
	},
	{
		id: 'timeout-now-of-old-term',
		title: 'a timeoutNow is obeyed whatever its term',
		source: 'hashicorp/raft (TimeoutNow is accepted in any state)',
		patches: [
			anyLog,
			{
				file: 'raft/answers',
				find: "case 'readIndex': case 'timeoutNow': return message.term < currentTerm ? message : undefined;",
				replace:
					"case 'readIndex': return message.term < currentTerm ? message : undefined; case 'timeoutNow': return undefined;",
			},
		],
	},
	plant(
		'transfer-reads-unconfirmed',
		'a leader that hands its place over answers reads without asking whether it still leads',
		'tikv/raft-rs#234, etcd-io/etcd#12704 (a lease that outlives a transfer)',
		'raft/reads',
		'leader.reads.confirmed(leader.quorumReadToken());',
		'leader.reads.confirmed(leader.successor === undefined ? leader.quorumReadToken() : leader.reads.token);',
	),
	plant(
		'transfer-mark-not-heeded',
		'voters hold against the successor that its leader is at work',
		'RedisLabs/raft#88 (the old leader pulls the successor back)',
		'raft/inbox',
		'(message.isTransfer || !this.#context.roles.isLeaderFresh(from))',
		'!this.#context.roles.isLeaderFresh(from)',
	),
	plant(
		'transfer-mark-on-every-vote',
		'every candidate asks for votes as if the leader had asked it to stand',
		'dissertation §4.2.3 (who shields a leader from disruptive servers)',
		election,
		'preVote: isPreVote, isTransfer,',
		'preVote: isPreVote, isTransfer: !isPreVote || isTransfer,',
	),
];
