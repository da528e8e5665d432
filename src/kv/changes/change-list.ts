/** Changes that may never have been: they are told when it is certain. */
import type {DatabaseNumber, Key, Value, Version} from '../types.js';
import type {ChangeEvent} from './change-event.js';
import type {ChangeDetails, ChangeSink} from './changes.js';

export class ChangeList implements ChangeSink {
	readonly #noted: ((sink: ChangeSink) => void)[] = [];

	/** The value must not change until it is told. */
	note(event: ChangeEvent, revision: Version, key: Key, value?: Value, details?: ChangeDetails): void {
		this.#noted.push(sink => sink.note(event, revision, key, value, details));
	}

	noteAll(event: ChangeEvent, revision: Version, keys: ReadonlySet<Key>): void {
		for (const key of keys) this.note(event, revision, key);
	}

	noteExchange(revision: Version, one: DatabaseNumber, other: DatabaseNumber): void {
		this.#noted.push(sink => sink.noteExchange(revision, one, other));
	}

	tell(sink: ChangeSink | undefined): void {
		if (sink !== undefined) for (const tellOne of this.#noted) tellOne(sink);
	}
}
