/** A state that restarts from its own snapshot again and again: it must go on as one that never does. */
import type {Codec} from '../../base/codec.js';
import type {Plain} from '../../base/plain.js';
import type {Machine, MachineTypes, Place, StateMachine} from '../../service/machine.js';

/** One frame for each item, a few items in a frame, and all in one. */
const frameSizes = [1, 100, 2 ** 16];

export class RestartingState<T extends MachineTypes> {
	readonly #codec: Codec;
	readonly #machine: Machine<T>;
	#state: StateMachine<T>;
	#restarts = 0;

	constructor(codec: Codec, machine: Machine<T>) {
		this.#codec = codec;
		this.#machine = machine;
		this.#state = machine.create();
	}

	get restarts(): number {
		return this.#restarts;
	}

	apply(write: T['write'], place: Place<T>): T['result'] {
		return this.#state.apply(write, place);
	}

	read(read: T['read'], revision?: number): T['result'] {
		return this.#state.read(read, revision);
	}

	/** Stores the state and loads it again. Gives what is wrong with that; the state stays as it is then. */
	restart(): string | undefined {
		const bytesMax = frameSizes[this.#restarts % frameSizes.length] as number;
		this.#restarts += 1;
		const frozen = this.#state.freeze();
		const reader = this.#machine.beginRestore(this.#machine.version);
		if (reader === undefined) return 'the machine does not read snapshots of its own version';
		const frames = frozen.frames(bytesMax);
		for (let next = frames.next(); next.done !== true; next = frames.next()) {
			const frame = this.#codec.decode(this.#codec.encode(next.value)) as Plain;
			if (!reader.take(frame)) return 'the machine refuses a frame of its own snapshot';
		}
		frozen.release();
		const restored = reader.finish();
		if (restored === undefined) return 'the machine cannot make a state of its own snapshot';
		const {itemCount} = restored;
		if (itemCount !== frozen.itemCount) return `a state of ${frozen.itemCount} items is restored with ${itemCount}`;
		if (restored.hash() !== this.#state.hash()) return 'what is restored is another state than what was stored';
		this.#state = restored;
		return undefined;
	}
}
