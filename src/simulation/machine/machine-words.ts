/** Operations and results of a machine whose meaning nobody here knows: compared by digest, and told as they are written. */
import type {Codec} from '../../base/codec.js';
import {hexOf, Lanes} from '../../base/lanes.js';
import {digestPlain} from '../../base/plain-data.js';
import type {Plain} from '../../base/plain.js';
import type {MachineTypes, Words} from '../../service/machine.js';
import type {OperationWords} from '../subject.js';
import type {Traced} from './traced-machine.js';

/** Equal for equal plain data. */
export function digestOf(value: unknown): string {
	const lanes = new Lanes(11);
	digestPlain(lanes, value);
	return hexOf(lanes.first) + hexOf(lanes.second);
}

const shownMax = 200;

/** Plain data in so many characters at most. */
export function show(value: unknown): string {
	const text = JSON.stringify(value, replacer) ?? String(value);
	return text.length <= shownMax ? text : `${text.slice(0, shownMax)}..`;
}

function replacer(_: string, value: unknown): unknown {
	if (typeof value === 'bigint') return `${value}n`;
	return value instanceof Uint8Array ? `bytes ${hexOfBytes(value.subarray(0, 16))}` : value;
}

const hexOfBytes = (bytes: Uint8Array): string =>
	Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join('');

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
		digestOf(words.parseWrite(codec.decode(codec.encode(words.plainOfWrite(write))) as Plain, 0));
	return {
		tokenOf: ({token}) => String(token),
		describe: operation => show(isTraced<T>(operation) ? operation.write : operation),
		isSameWrite: (one, other) => one.token === other.token && logged(one.write) === logged(other.write),
		isSameResult: (one, other) => digestOf(carried(codec, words, one)) === digestOf(other),
		revisionIn: () => undefined,
		show,
	};
}

const isTraced = <T extends MachineTypes>(operation: unknown): operation is Traced<T>['write'] =>
	typeof operation === 'object' && operation !== null && 'token' in operation && 'write' in operation;
