/** What Redis calls a change in its keyspace notifications. A change carries a number: its place here, which it keeps for ever. */

/** What became of a key; `clear`: of all keys. */
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
	| 'copy_to';

export const changeEvents: readonly ChangeEvent[] = [
	'set',
	'del',
	'expired',
	'clear',
	'append',
	'incrby',
	'expire',
	'persist',
	'setrange',
	'incrbyfloat',
	'setbit',
	'rename_from',
	'rename_to',
	'copy_to',
];

const numbers: ReadonlyMap<unknown, number> = new Map(changeEvents.map((event, number) => [event, number]));

/** `undefined`: it is none. */
export const numberOfEvent = (event: unknown): number | undefined => numbers.get(event);

/** What the event does to its key. */
export function typeOfEvent(event: ChangeEvent): ChangeType {
	switch (event) {
		case 'del':
		case 'rename_from':
			return 'delete';
		case 'expired':
			return 'expire';
		case 'clear':
			return 'clear';
		default:
			return 'put';
	}
}
