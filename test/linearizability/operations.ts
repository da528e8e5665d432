/** Short ways to write operations of the key "" in tests: `put('p', 'a', [0, 1])`. `[0]`: the outcome is unknown. */
import type {KvExpected, KvInput, KvOperation, KvOutput} from '../../src/linearizability/kv-operation.js';

type Time = readonly [call: number, end?: number];

function operation(process: string, [call, end]: Time, input: KvInput, output: KvOutput): KvOperation {
	return end === undefined
		? {process, call, return: Infinity, input, output: undefined}
		: {process, call, return: end, input, output};
}

export function get(process: string, value: string | undefined, time: Time, version?: number): KvOperation {
	return operation(process, time, {type: 'get', key: ''}, {type: 'value', value, version});
}

export function put(process: string, value: string, time: Time, version?: number): KvOperation {
	return operation(process, time, {type: 'put', key: '', value}, {type: 'written', version});
}

export function append(process: string, value: string, time: Time, version?: number): KvOperation {
	return operation(process, time, {type: 'append', key: '', value}, {type: 'written', version});
}

export function cas(process: string, expected: KvExpected, value: string, time: Time, version?: number): KvOperation {
	return operation(process, time, {type: 'compareAndSet', key: '', expected, value}, {type: 'written', version});
}

export function refused(
	process: string,
	expected: KvExpected,
	time: Time,
	seen?: {readonly value?: string},
): KvOperation {
	const observed = seen === undefined ? undefined : {value: seen.value};
	const input = {type: 'compareAndSet', key: '', expected, value: 'never'} as const;
	return operation(process, time, input, {type: 'conditionFailed', observed, version: undefined});
}

export function remove(process: string, existed: boolean | undefined, time: Time, version?: number): KvOperation {
	return operation(process, time, {type: 'delete', key: ''}, {type: 'deleted', existed, version});
}
