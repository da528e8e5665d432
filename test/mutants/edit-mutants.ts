/** Mistakes with edits, which compute what they write from what is there. */
import {plant, type Mutant} from './mutant.js';

export const editMutants: readonly Mutant[] = [
	plant(
		'rename-loses-deadline',
		'a key that is renamed gets no deadline, so it stays for ever',
		'redis/redis#128 (RENAME drops the TTL), microsoft/garnet#651',
		'kv/edits/edit',
		'const until = this.#untilElsewhere(found);',
		'const until = 0;',
	),
];
