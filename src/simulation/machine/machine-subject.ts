/** A user's machine as the subject of a run: see `Subject`. */
import type {Codec} from '../../base/codec.js';
import type {Random} from '../../base/random.js';
import {defaultClerkLimits} from '../../service/clerk/limits.js';
import type {MachineTypes} from '../../service/machine.js';
import {defaultServerLimits} from '../../service/server/limits.js';
import {defaultRaftLimits} from '../../raft/options.js';
import {SimulationOptionError} from '../options.js';
import type {SimulationParameters} from '../parameters.js';
import type {Operation, OperationSource, Subject, Wanted} from '../subject.js';
import {machineCoverageKinds, MachineJudge} from './machine-judge.js';
import type {MachineSettings} from './machine-settings.js';
import {machineWords} from './machine-words.js';
import {tracedMachine, type Traced} from './traced-machine.js';

export interface MachineSubjectOptions<T extends MachineTypes> extends MachineSettings<T> {
	readonly codec: Codec;
}

export function machineSubject<T extends MachineTypes>(options: MachineSubjectOptions<T>): Subject<Traced<T>> {
	const {codec, machine, invariant} = options;
	return {
		machine: tracedMachine(machine),
		words: machineWords(codec, machine.words),
		coverageKinds: machineCoverageKinds,
		// Nobody has a session of this id.
		idle: {type: 'closeSession', session: 0},
		hashEvery: 16,
		compareEvery: 16,
		newSource: (client, random) => new DrawnSource(options, client, random.fork('draw')),
		newJudge: tools => new MachineJudge({...tools, machine, invariant}),
	};
}

/** How large a user's operations are, nobody here knows: limits of bytes that would refuse them are those of real clusters. */
export function withRoomForAll(parameters: SimulationParameters): SimulationParameters {
	const {entryBytesMax, unappliedBytesMax} = defaultRaftLimits;
	const {commandBytesMax, requestBytesMax, readBytesMax, pendingBytesMax} = defaultServerLimits;
	const {operationBytesMax} = defaultClerkLimits;
	return {
		...parameters,
		raft: {...parameters.raft, entryBytesMax, unappliedBytesMax},
		server: {...parameters.server, commandBytesMax, requestBytesMax, readBytesMax, pendingBytesMax},
		clerk: {...parameters.clerk, operationBytesMax},
	};
}

/** So often a draw is thrown away that is not of the wanted kind. */
const drawsMax = 64;
/** Clients are fewer. */
const clientsMax = 64;

class DrawnSource<T extends MachineTypes> implements OperationSource<Traced<T>> {
	readonly #options: MachineSubjectOptions<T>;
	readonly #client: number;
	readonly #random: Random;

	constructor(options: MachineSubjectOptions<T>, client: number, random: Random) {
		this.#options = options;
		this.#client = client;
		this.#random = random;
	}

	next(count: number, wanted: Wanted): Operation<Traced<T>> {
		return this.#drawOf(count, wanted) ?? this.#draw(count);
	}

	learn(): void {}

	probes(count: number): readonly Operation<Traced<T>>[] {
		const probes = [this.#drawOf(count, 'writes'), this.#drawOf(count, 'reads')];
		return probes.filter(operation => operation !== undefined);
	}

	/** `undefined`: what is wanted is not drawn. */
	#drawOf(count: number, wanted: Wanted): Operation<Traced<T>> | undefined {
		for (let draw = 0; draw < drawsMax; draw++) {
			const operation = this.#draw(count);
			if (wanted === 'any' || (wanted === 'writes') === (operation.type === 'write')) return operation;
		}
		return undefined;
	}

	#draw(count: number): Operation<Traced<T>> {
		const {draw, machine} = this.#options;
		const {words} = machine;
		const drawn: unknown = draw(this.#random);
		const operation =
			typeof drawn === 'object' && drawn !== null ? (drawn as Partial<Record<'write' | 'read', unknown>>) : {};
		if ('write' in operation && words.parseWrite(words.plainOfWrite(operation.write), 0) !== undefined) {
			return {type: 'write', write: {token: count * clientsMax + this.#client + 1, write: operation.write}};
		}
		if ('read' in operation && words.parseRead(words.plainOfRead(operation.read)) !== undefined) {
			return {type: 'read', read: operation.read};
		}
		const allowed = 'a function that gives {write} or {read}, which the machine parses';
		throw new SimulationOptionError('draw', allowed, drawn);
	}
}
