/** The faults that are set, in the order in which they were; and the events that tell of each change. */
import type {FaultPlan} from '../../../src/faults/fault-plan.js';
import {describeFault, type Fault, isNetworkFault} from '../../../src/faults/faults.js';
import type {FaultCleared, FaultsChanged, FaultSet} from '../cluster-event.js';
import type {NamedFault} from './named-fault.js';

export class FaultList {
	readonly #faults = new Map<string, NamedFault>();
	readonly #plan: FaultPlan;
	readonly #tell: (event: FaultSet | FaultCleared | FaultsChanged) => void;
	readonly #stopListening: () => void;
	#isClosed = false;

	constructor(plan: FaultPlan, tell: (event: FaultSet | FaultCleared | FaultsChanged) => void) {
		this.#plan = plan;
		this.#tell = tell;
		this.#stopListening = plan.onChange(() => this.#planChanged());
	}

	get all(): readonly NamedFault[] {
		return [...this.#faults.values()];
	}

	get isClosed(): boolean {
		return this.#isClosed;
	}

	/** Whether this very fault is still set, and no other of its name. */
	has(named: NamedFault): boolean {
		return this.#faults.get(named.name) === named;
	}

	add(named: NamedFault): void {
		this.#faults.set(named.name, named);
		this.#tell({type: 'faultSet', ...named});
		this.#tellAll();
	}

	/** It was over at once. */
	happened(named: NamedFault): void {
		this.#tell({type: 'faultSet', ...named});
		this.#tell({type: 'faultCleared', ...named});
	}

	/** One of the network leaves the plan, too. */
	remove(name: string): void {
		if (this.#plan.clear(name)) return;
		const named = this.#faults.get(name);
		if (named === undefined) return;
		this.#faults.delete(name);
		this.#tell({type: 'faultCleared', ...named});
		this.#tellAll();
	}

	/** Nothing is told any more. */
	close(): void {
		this.#isClosed = true;
		this.#stopListening();
	}

	/** Of a change of the plan by any caller. */
	#planChanged(): void {
		const planned = new Map<string, Fault>(this.#plan.toJSON().faults.map(({id, fault}) => [id, fault]));
		for (const named of this.#ofNetwork()) {
			if (planned.get(named.name) === named.fault) continue;
			this.#faults.delete(named.name);
			this.#tell({type: 'faultCleared', ...named});
		}
		for (const [name, fault] of planned) {
			if (this.#faults.get(name)?.fault === fault) continue;
			const named = {name, fault, text: describeFault(fault)};
			this.#faults.set(name, named);
			this.#tell({type: 'faultSet', ...named});
		}
		this.#tellAll();
	}

	#ofNetwork(): readonly NamedFault[] {
		return this.all.filter(({fault}) => isNetworkFault(fault));
	}

	#tellAll(): void {
		this.#tell({type: 'faultsChanged', faults: this.all.map(({text}) => text)});
	}
}
