/** What Redis calls a change in its keyspace notifications. A change carries its event's number, which that keeps for ever. */

/** What became of a key; `clear`: of all keys of a database. */
export type ChangeType = 'put' | 'delete' | 'expire' | 'clear';

/** What changed a key, by the name of its event in Redis. `clear` is ours: Redis tells nothing of FLUSHALL. */
export type ChangeEvent =
	| 'set'
	| 'del'
	| 'expired'
	| 'clear'
	| 'append'
	| 'incrby'
	| 'expire'
	| 'persist'
	| 'setrange'
	| 'incrbyfloat'
	| 'setbit'
	| 'rename_from'
	| 'rename_to'
	| 'copy_to'
	| 'move_from'
	| 'move_to';

/** New ones come last. */
export const numberOfEvent: Readonly<Record<ChangeEvent, number>> = {
	set: 0,
	del: 1,
	expired: 2,
	clear: 3,
	append: 4,
	incrby: 5,
	expire: 6,
	persist: 7,
	setrange: 8,
	incrbyfloat: 9,
	setbit: 10,
	rename_from: 11,
	rename_to: 12,
	copy_to: 13,
	move_from: 14,
	move_to: 15,
};

/** By their numbers. */
export const changeEvents = Object.keys(numberOfEvent) as readonly ChangeEvent[];

/** What the event does to its key. */
export function typeOfEvent(event: ChangeEvent): ChangeType {
	switch (event) {
		case 'del':
		case 'rename_from':
		case 'move_from':
			return 'delete';
		case 'expired':
			return 'expire';
		case 'clear':
			return 'clear';
		default:
			return 'put';
	}
}
