/** What must always hold, by the numbers of the list that this project works from, and what was found instead. */

/**
 * The invariants by name. Sources: the paper's figure 3 (the first five), Ongaro's dissertation (§6.3 and §6.4 for the
 * service), and the durability rules that the effects of the core promise.
 */
export const invariants = {
	electionSafety: 'at most one leader in a term',
	majorityVote: 'a leader has the votes of a majority, and they are on disks',
	oneVote: 'a node votes for one candidate in a term',
	leaderAppendOnly: 'a leader changes its own log only by appending',
	logMatching: 'two logs with an entry of the same index and term are the same up to it',
	leaderCompleteness: 'an entry that was committed in a term is in the log of every later leader',
	stateMachineSafety: 'every node applies the same entry at an index, once and in order',
	commitRule: 'a leader commits by counting only entries of its own term',
	durableQuorum: 'a committed entry is on the disks of a majority',
	committedForever: 'a committed entry is never replaced',
	monotone: 'term, commit index and snapshot index never go back',
	indexOrder: 'snapshot <= applied <= committed <= last index',
	durableVote: 'a vote leaves a node only when it is on its disk',
	durableAck: 'an acknowledged entry is on the disk of the node that acknowledges it',
	verifiedAck: 'an acknowledged entry is the one that the leader has',
	leaderTerm: 'a leader stays in its term',
	newerTerm: 'a node that hears of a newer term adopts it',
	ownTerm: 'an answer confirms only a request of the term that it names',
	transferAsked:
		'a node asks for votes with the mark of a transfer only if the leader of the term before has asked it to',
	preVoteIsIdle: 'a request for a pre-vote changes nothing',
	recovery: 'a disk gives back everything that it acknowledged, and nothing that was never written',
	poison: 'a storage that has failed acknowledges nothing any more',
	detection: 'damage is recognised, and nothing else is taken for damage',
	noCrash: 'a node stops only if its disk has a fault',
	noRefusal: 'a correct node refuses no message of a correct node',
	sameState: 'all replicas have the same state at the same index',
	meaning: 'every operation does what its words say, by a model that shares no code with the service',
	machineDeterminism: 'a machine gives the same results, and comes to the same state, wherever it applies the same log',
	machineSnapshot:
		'a state restored from a snapshot is the one that was stored, and goes on as that would have gone on',
	machineInvariant: 'the state of a machine is always as the invariant of its author says',
	exactlyOnce: 'no write is run twice, nor after its client was told that it never will be',
	sessionOrder: 'the writes of one clerk take effect in the order in which it was asked for them',
	honestAnswer: 'every answer to a client agrees with the log',
	readIndex: 'a read index covers all that was committed when the read was asked for',
	freshRead: 'an answer includes everything that was acknowledged before it was asked for',
	oneAnswer: 'every request is answered at most once, and every operation settled exactly once',
	bounded: 'messages, logs and queues stay within their limits, and nothing within the limits is refused',
	linearizable: 'the history is linearizable',
	oneLeader: 'after the faults, the cluster has one leader and its logs become equal',
	availability:
		'a majority that nothing disturbs commits a write within a bounded time, whatever happens to the others',
	service: 'after the faults, reads and writes succeed',
	stableTerm: 'after the faults, terms grow no more',
	settled: 'after the faults, nobody waits for ever',
} as const;

/** The name of one of `invariants`. */
export type Invariant = keyof typeof invariants;

/** An invariant that did not hold. */
export interface Violation {
	readonly invariant: Invariant;
	/** What was found, in one sentence. */
	readonly detail: string;
	/** Virtual time, ms. */
	readonly atMs: number;
}

/** Told of the first thing that is wrong; it must not throw, because it is called from inside the code under test. */
export type Report = (invariant: Invariant, detail: string) => void;
