/** The setting `notify-keyspace-events`, as redis-server 7.0 reads and tells it. */

/** In the order in which Redis tells them. Of those for types that there are not here, nothing ever happens. */
const classes = ['g', '$', 'l', 's', 'h', 'z', 'x', 'e', 't', 'd'] as const;
const others = ['n', 'K', 'E', 'm'] as const;

/** What can be told: of which sort an event is, `n` of new keys, and on which channels (`K` of the key, `E` of the event). */
export type EventClass = (typeof classes)[number] | (typeof others)[number];

const all: ReadonlySet<string> = new Set<string>([...classes, ...others]);
const isClass = (letter: string): letter is EventClass => all.has(letter);

/** Or why it is refused. */
export function parseEventSetting(text: string): ReadonlySet<EventClass> | string {
	const chosen = new Set<EventClass>();
	for (const letter of text) {
		if (letter === 'A') for (const each of classes) chosen.add(each);
		else if (isClass(letter)) chosen.add(letter);
		else return "Invalid event class character. Use 'Ag$lshzxeKEtmdn'.";
	}
	return chosen.has('m') ? 'reads of keys that are not there (m) are not told here' : chosen;
}

/** `A` hides `n`, as in Redis. */
export function eventSettingOf(chosen: ReadonlySet<EventClass>): string {
	const isAll = classes.every(each => chosen.has(each));
	const kinds = isAll ? 'A' : [...classes, 'n' as const].filter(each => chosen.has(each)).join('');
	return kinds + ['K' as const, 'E' as const].filter(each => chosen.has(each)).join('');
}
