/** Mistakes with watches. */
import {plant, type Mutant} from './mutant.js';

export const watchMutants: readonly Mutant[] = [
	plant(
		'watch-skips-entry-over-leader-change',
		'a leader that is deposed tells those who wait that there is no change up to what it has under way',
		'etcd-io/etcd#15220 (a watch is told of progress beyond what it has been sent)',
		'service/server/read-path',
		'this.#open.settleAll(this.#putOff.takeAll(), this.#leadership.notLeader());',
		"for (const request of this.#putOff.takeAll()) this.#open.settle(request, { type: 'outcomes', outcomes: this.#commands.encodeResults([{ type: 'changes', revision: this.#state.revision + 1, changes: [] }]) });",
	),
	plant(
		'watch-compaction-not-told',
		'a replica that began with a snapshot tells its changes as if it had seen all that came before',
		'etcd-io/etcd#19179 (a watch from the revision of a compaction misses an event, and is not told)',
		'kv/state-machine',
		'return new KvStateMachine(this.#store, this.#limits, revision, this.#keptUntil);',
		'return new KvStateMachine(this.#store, this.#limits, 0, this.#keptUntil);',
	),
	plant(
		'watch-forgotten-by-snapshot',
		'a snapshot does not say that somebody watches: the replica that reads it remembers no changes',
		'what is agreed by the log and kept in no snapshot is lost with the log',
		'kv/state-machine',
		'if (keptUntil > 0) yield [true, keptUntil];',
		'',
	),
	plant(
		'watch-tells-twice',
		'a watch that goes on is told the changes of its last revision again',
		'etcd-io/etcd#17247 (an event is sent twice)',
		'kv/changes/change-ring',
		'if (this.revisionAt(middle) <= revision)',
		'if (this.revisionAt(middle) < revision)',
	),
	{
		id: 'watch-splits-revision',
		title: 'an answer that is cut ends in the middle of a revision, and the rest of that is lost',
		source: 'kragniz/python-etcd3#729 (who goes on behind a revision of which some was told misses the rest)',
		patches: [
			{
				file: 'kv/changes/changes',
				find: 'const answerBytesMax = 2 ** 20;',
				replace: 'const answerBytesMax = 64;',
			},
			{
				file: 'kv/changes/changes',
				find: 'for (; place < memory.end && memory.revisionAt(place) === next; place += 1)',
				replace:
					'for (; place < memory.end && memory.revisionAt(place) === next && answer.bytes < answerBytesMax; place += 1)',
			},
			{
				file: 'kv/changes/changes',
				find: 'told = next;',
				replace: 'told = next; place = Math.max(place, memory.placeAfter(next));',
			},
		],
	},
	plant(
		'watch-expired-too-early',
		'what comes after keys that have expired is told before all of them are found',
		'the documentation of keyspace notifications in Redis: an event comes when the key is found, not when its time is over',
		'kv/changes/expired-keys',
		'this.#pending.length > 0 && this.#pending[0].wallTime < earliest',
		'this.#pending.length > 0',
	),
	plant(
		'watch-forgets-while-it-waits',
		'a read that waits goes on at the revision of the state, though a change of its prefix came on the way',
		'etcd-io/etcd#17529 (a slow watcher is moved on to the present revision, and not told)',
		'kv/changes/changes',
		'if (isClear ? isClearAsked(read, key) : isAsked(read, key))',
		'if (isClear ? isClearAsked(read, key) : isAsked(read, key) && place === memory.end - 1)',
	),
];
