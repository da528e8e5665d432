/** Mistakes with keys that are there for a while. */
import {plant, type Mutant} from './mutant.js';

export const expiryMutants: readonly Mutant[] = [
	{
		id: 'deadline-by-own-clock',
		title: 'a read hides a key by the clock of its node alone, though the log has not said that its time is over',
		source: 'redis (a master and its replicas each judge by their own clock)',
		patches: [
			{
				file: 'service/server/read-path',
				find: 'if (timed === undefined || timed.nextDeadline() === Infinity) return false;',
				replace: 'if (timed !== null) return false;',
			},
			{
				file: 'service/server/read-path',
				find: 'read === barrier ? barrier : this.#state.read(read)',
				replace:
					'read === barrier ? barrier : this.#state.machine.timed?.deadlineOf(read) <= this.#writes.wallTime() ? { type: "value", value: undefined, version: 0 } : this.#state.read(read)',
			},
		],
	},
	plant(
		'expired-back-from-snapshot',
		'a snapshot does not say how late it was, so keys whose time was over are there again where it is read',
		'redis (keys of an RDB file whose time is over)',
		'service/snapshot',
		'yield wallTime === 0 ? header : [...header, wallTime];',
		'yield header;',
	),
	{
		id: 'time-goes-back',
		title:
			'the time that a leader tells is taken as it is: where its clock is behind, keys that were over are there again',
		source: 'Kleppmann, How to do distributed locking (2016), on clocks that jump',
		patches: [
			{
				file: 'service/replicated-state',
				find: 'this.#wallTime = Math.max(this.#wallTime, wallTime);',
				replace: 'this.#wallTime = wallTime;',
			},
			{file: 'kv/store', find: 'this.#now = Math.max(this.#now, now);', replace: 'this.#now = now;'},
		],
	},
];
