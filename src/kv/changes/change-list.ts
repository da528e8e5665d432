/** Changes that may never have been: they are told when it is certain. */
import type {Key, Value, Version} from '../types.js';
import type {ChangeEvent} from './change-event.js';
import type {ChangeDetails, ChangeSink} from './changes.js';

type Noted = Parameters<ChangeSink['note']>;

export class ChangeList implements ChangeSink {
	readonly #noted: Noted[] = [];

	/** The value must not change until it is told. */
	note(event: ChangeEvent, revision: Version, key: Key, value?: Value, details?: ChangeDetails): void {
		this.#noted.push([event, revision, key, value, details]);
	}

	noteAll(event: ChangeEvent, revision: Version, keys: ReadonlySet<Key>): void {
		for (const key of keys) this.note(event, revision, key);
	}

	tell(sink: ChangeSink | undefined): void {
		for (const noted of this.#noted) sink?.note(...noted);
	}
}
