/** Mistakes in reading keys part by part. */
import {plant, type Mutant} from './mutant.js';

export const scanMutants: readonly Mutant[] = [
	plant(
		'scan-stops-at-a-stranger',
		'the keys of a slot are looked for up to the first that belongs to another slot, so those behind it are missed',
		'the guarantee of SCAN in the documentation of Redis: what is there from beginning to end is returned',
		'kv/shard',
		'if (home === slot) places.push(place);',
		'if (home !== slot) break; places.push(place);',
	),
	plant(
		'scan-shows-expired',
		'a scan shows keys whose time is over, as long as they are held',
		'scanGenericCommand of Redis (db.c), which filters them',
		'kv/scan',
		'if (!key.startsWith(prefix) || (expiresAt !== undefined && expiresAt <= this.#now)) continue;',
		'if (!key.startsWith(prefix)) continue;',
	),
];
