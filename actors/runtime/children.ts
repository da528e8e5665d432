import {assert} from '../../src/base/errors.js';
import {ActorNameTakenError} from './errors.js';

/** The living children of one actor, by path, in the order of their start. */
export class Children<Child extends {readonly path: string}> {
	readonly #parentPath: string;
	readonly #byPath = new Map<string, Child>();

	constructor(parentPath: string) {
		this.#parentPath = parentPath;
	}

	/** Throws `ActorNameTakenError`. */
	pathOf(name: string): string {
		assert(isActorName(name), 'an actor name is not empty and has none of / # ? ~');
		const path = this.#parentPath === '/' ? `/${name}` : `${this.#parentPath}/${name}`;
		if (this.#byPath.has(path)) throw new ActorNameTakenError(path);
		return path;
	}

	add(child: Child): void {
		this.#byPath.set(child.path, child);
	}

	forget(child: Child): void {
		this.#byPath.delete(child.path);
	}

	/** The order in which they end. */
	youngestFirst(): readonly Child[] {
		return [...this.#byPath.values()].reverse();
	}
}

/** Whether a name can be one step of a path. */
export const isActorName = (name: string): boolean => /^[^/#?~]+$/.test(name);
