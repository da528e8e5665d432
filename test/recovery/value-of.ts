import type {Value} from '../../src/kv/types.js';
import type {KvTypes} from '../../src/kv/words.js';
import type {Restored} from '../../src/service/snapshot.js';

/** What a backup holds under this key. */
export function valueOf({machine}: Restored<KvTypes>, key: string): Value | undefined {
	const result = machine.read({type: 'get', key});
	return result.type === 'value' ? result.value : undefined;
}
