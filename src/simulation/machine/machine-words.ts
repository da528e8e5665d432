/** Operations and results of a machine whose meaning nobody here knows: compared by digest, and told as they are written. */
import type {Codec} from '../../base/codec.js';
import {hashOfPlain, textOfPlain} from '../../base/plain-data.js';
import type {Plain} from '../../base/plain.js';
import type {MachineTypes, Words} from '../../service/machine.js';
import type {OperationWords} from '../subject.js';
import type {Traced} from './traced-machine.js';

/** A result as it comes out on the other side of the wire; `undefined` where the machine does not know its own result again. */
export function carried<T extends MachineTypes>(
	codec: Codec,
	words: Words<T>,
	result: T['result'],
): T['result'] | undefined {
	return words.parseResult(codec.decode(codec.encode(words.plainOfResult(result))) as Plain);
}

export function machineWords<T extends MachineTypes>(codec: Codec, words: Words<T>): OperationWords<Traced<T>> {
	/** As it comes out of the log. */
	const logged = (write: T['write']): string =>
		hashOfPlain(words.parseWrite(codec.decode(codec.encode(words.plainOfWrite(write))) as Plain, 0));
	return {
		tokenOf: ({token}) => String(token),
		describe: operation => textOfPlain(isTraced<T>(operation) ? operation.write : operation),
		isSameWrite: (one, other) => one.token === other.token && logged(one.write) === logged(other.write),
		isSameResult: (one, other) => hashOfPlain(carried(codec, words, one)) === hashOfPlain(other),
		revisionIn: () => undefined,
		show: value => textOfPlain(value),
	};
}

const isTraced = <T extends MachineTypes>(operation: unknown): operation is Traced<T>['write'] =>
	typeof operation === 'object' && operation !== null && 'token' in operation && 'write' in operation;
