/** What may be asked of a simulation: checked before anything is run, so that no wrong option runs something else in silence. */
import {ThreadraftError} from '../base/errors.js';
import type {Codec} from '../base/codec.js';
import {isMachine} from '../service/is-machine.js';
import type {Machine, MachineTypes} from '../service/machine.js';
import type {SimulationObserver} from './observer.js';
import type {DrawOperation, StateInvariant} from './machine/machine-settings.js';
import {type Profile, profiles} from './profile.js';

/** What may be said of a run. All but the seed can be left out. */
export interface SimulationSettings<T extends MachineTypes = MachineTypes> {
	/** Everything is drawn from it: a whole number from 0, of which the low 32 bits count. */
	readonly seed: number;
	/** The state machine that the cluster runs. @default keys and values, judged by a model of their own */
	readonly machine?: Machine<T> | undefined;
	/** What clients ask of `machine`: needed with it, and only then. */
	readonly draw?: NoInfer<DrawOperation<T>> | undefined;
	/** What must hold of `machine` after every write. @default nothing beside what must hold of every machine */
	readonly invariant?: NoInfer<StateInvariant<T>> | undefined;
	/** 1 to 9. @default drawn from the seed */
	readonly nodes?: number | undefined;
	/** Virtual ms with faults; the cluster's recovery comes on top. @default 12000 */
	readonly durationMs?: number | undefined;
	/** Which faults may be drawn. @default 'all' */
	readonly profile?: Profile | undefined;
	/** Only these faults of the schedule, by number: for shrinking. @default all */
	readonly onlyFaults?: readonly number[] | undefined;
	/** The faults end at this virtual time already, ms: for shrinking. @default durationMs */
	readonly untilMs?: number | undefined;
	/** Events that the timeline of a failure shows. @default 400 */
	readonly timelineLength?: number | undefined;
	/** Called again and again while the run goes on, so that somebody outside can tell a long run from one that hangs. */
	readonly onProgress?: (() => void) | undefined;
}

export interface SimulationOptions<T extends MachineTypes = MachineTypes> extends SimulationSettings<T> {
	readonly codec: Codec;
	/** Told of all that happens. It must change nothing. @default nobody */
	readonly observer?: SimulationObserver | undefined;
}

/** An option of a simulation cannot be used as it is given. Nothing was run. */
export class SimulationOptionError extends ThreadraftError {
	override readonly name = 'SimulationOptionError';
	readonly code = 'ERR_OPTION';
	readonly option: string;
	/** What may stand there, in words; for an option that does not exist, which do. */
	readonly allowed: string;
	readonly given: unknown;

	constructor(option: string, allowed: string, given: unknown) {
		super(`${option} must be ${allowed}, not ${shown(given)}`);
		this.option = option;
		this.allowed = allowed;
		this.given = given;
	}
}

function shown(given: unknown): string {
	if (typeof given === 'number' || given === undefined) return String(given);
	return JSON.stringify(given, (_, part: unknown) => (typeof part === 'bigint' ? `${part}n` : part)) ?? typeof given;
}

/** Both ends included. More nodes than these show nothing new, and the judges go through all majorities of them. */
export const optionRanges = {
	seed: [0, Number.MAX_SAFE_INTEGER],
	nodes: [1, 9],
	durationMs: [1, 3_600_000],
	untilMs: [1, 3_600_000],
	timelineLength: [1, 1_000_000],
} as const satisfies Partial<Record<keyof SimulationOptions, readonly [number, number]>>;

const otherOptions = [
	'codec',
	'machine',
	'draw',
	'invariant',
	'profile',
	'onlyFaults',
	'onProgress',
	'observer',
] as const satisfies readonly (keyof SimulationOptions)[];
const names: readonly string[] = [...Object.keys(optionRanges), ...otherOptions];

export const isWhole = (value: unknown, [least, most]: readonly [number, number]): boolean =>
	Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most;

/** @throws {SimulationOptionError} for the first option that cannot be meant */
export function checkSimulationOptions<T extends MachineTypes>(options: SimulationOptions<T>): void {
	for (const name of Object.keys(options)) {
		if (!names.includes(name)) {
			throw new SimulationOptionError(`options.${name}`, `one of ${names.join(', ')}`, name);
		}
	}
	for (const [name, range] of Object.entries(optionRanges)) {
		const value: unknown = options[name as keyof typeof optionRanges];
		if (isWhole(value, range) || (value === undefined && name !== 'seed')) continue;
		throw new SimulationOptionError(name, `a whole number from ${range[0]} to ${range[1]}`, value);
	}
	const {profile, onlyFaults, codec} = options;
	if (profile !== undefined && !profiles.includes(profile)) {
		throw new SimulationOptionError('profile', `one of ${profiles.join(', ')}`, profile);
	}
	if (onlyFaults !== undefined && !isListOfWhole(onlyFaults)) {
		throw new SimulationOptionError('onlyFaults', 'a list of numbers of faults', onlyFaults);
	}
	if (typeof codec?.encode !== 'function' || typeof codec.decode !== 'function') {
		throw new SimulationOptionError('codec', 'a codec that can encode and decode', codec);
	}
	checkMachine(options);
}

function checkMachine<T extends MachineTypes>({machine, draw, invariant}: SimulationOptions<T>): void {
	if (machine !== undefined && !isMachine(machine)) {
		throw new SimulationOptionError('machine', 'a state machine, as `defineMachine` returns', machine);
	}
	for (const [option, given, isNeeded] of [
		['draw', draw, true],
		['invariant', invariant, false],
	] as const) {
		if (machine === undefined) {
			if (given !== undefined) throw new SimulationOptionError(option, 'left out where there is no machine', given);
		} else if (typeof given !== 'function' && (isNeeded || given !== undefined)) {
			throw new SimulationOptionError(option, 'a function, where a machine is given', given);
		}
	}
}

const isListOfWhole = (value: unknown): boolean =>
	Array.isArray(value) && value.every(number => isWhole(number, [0, Number.MAX_SAFE_INTEGER]));
