/** Keys and values as the subject of a run: see `Subject`. */
import {isRead} from '../../kv/operation-bytes.js';
import {kvMachine} from '../../kv/state-machine.js';
import type {Operation as KvOperation, Result} from '../../kv/types.js';
import type {KvTypes} from '../../kv/words.js';
import type {SimulationParameters} from '../parameters.js';
import type {Operation, OperationSource, Subject, Wanted} from '../subject.js';
import {kvCoverageKinds} from './kv-coverage.js';
import {KvJudge} from './kv-judge.js';
import {kvOperationWords} from './operation-text.js';
import {KvOperations, padded, textOfName} from './operations.js';

export function kvSubject({machine, workload}: SimulationParameters): Subject<KvTypes> {
	return {
		machine: kvMachine(machine),
		words: kvOperationWords,
		coverageKinds: kvCoverageKinds,
		// Of a session that nobody has.
		idle: {
			type: 'writes',
			session: 0,
			acknowledged: 0,
			after: 0,
			writes: [{sequence: 1, write: {type: 'delete', key: 'b0'}}],
		},
		hashEvery: 64,
		compareEvery: 256,
		newSource: (client, random) => new KvSource(client, new KvOperations(workload, random)),
		newJudge: tools => new KvJudge({...tools, machineLimits: machine, isRecorded: workload.mix.clear === 0}),
	};
}

class KvSource implements OperationSource<KvTypes> {
	readonly #client: number;
	readonly #operations: KvOperations;

	constructor(client: number, operations: KvOperations) {
		this.#client = client;
		this.#operations = operations;
	}

	next(count: number, wanted: Wanted): Operation<KvTypes> {
		return serviceOperationOf(this.#operations.next({client: this.#client, count}, wanted));
	}

	learn(operation: Operation<KvTypes>, result: Result): void {
		this.#operations.learn(operation.type === 'write' ? operation.write : operation.read, result);
	}

	probes(count: number): readonly Operation<KvTypes>[] {
		const value = padded(textOfName({client: this.#client, count}), 0);
		const key = `b${this.#client % 3}`;
		const probes: readonly KvOperation[] = [
			{type: 'put', key, value},
			{type: 'get', key},
		];
		return probes.map(serviceOperationOf);
	}
}

const serviceOperationOf = (operation: KvOperation): Operation<KvTypes> =>
	isRead(operation) ? {type: 'read', read: operation} : {type: 'write', write: operation};
