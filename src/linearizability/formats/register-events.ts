/**
 * The operations of Jepsen's registers, from its logs and from its histories. Each event has a value:
 *
 *     :read   nil, or what was read      :write  what is written      :cas  [FROM TO]
 *
 * With `jepsen.independent` it is [KEY VALUE], on every line of the history.
 */
import {HistoryError} from '../history-error.js';
import type {HistoryBuilder} from '../history.js';
import type {KvInput, KvOutput} from '../kv-operation.js';
import {printEdn, type Edn} from './edn.js';

export interface RegisterEvent {
	readonly line: number;
	readonly process: string;
	readonly type: string;
	readonly f: string;
	/** `undefined`: it cannot be told from a reason. */
	readonly value: Edn | undefined;
	/** The event says why, so that a failed operation need not have reached the register. */
	readonly hasReason: boolean;
}

interface Open {
	readonly f: string;
	readonly value: string;
}

export class RegisterEvents {
	readonly #builder: HistoryBuilder<KvInput, KvOutput>;
	/** Whether values are [KEY VALUE]; the first invocation tells. */
	#isIndependent: boolean | undefined;
	readonly #open = new Map<string, Open>();

	constructor(builder: HistoryBuilder<KvInput, KvOutput>) {
		this.#builder = builder;
	}

	add(event: RegisterEvent): void {
		const {line, process, type} = event;
		this.#builder.atLine(line);
		switch (type) {
			case 'invoke':
				return this.#invoke(event);
			case 'ok':
				return this.#complete(event);
			case 'fail':
				return this.#fail(event);
			case 'info':
				this.#close(event);
				return this.#builder.loseTrack(process);
			default:
				throw new HistoryError(':invoke, :ok, :fail or :info', `:${type}`, line);
		}
	}

	#invoke(event: RegisterEvent): void {
		const {process, f, line} = event;
		const value = valueOf(event);
		if (f !== 'read' && f !== 'write' && f !== 'cas') throw new HistoryError(':read, :write or :cas', `:${f}`, line);
		this.#isIndependent ??= looksIndependent(f, value);
		const {key, inner} = this.#split(value, line);
		this.#builder.invoke(process, inputOf(f, key, inner, line), line);
		this.#open.set(process, {f, value: printEdn(value)});
	}

	#complete(event: RegisterEvent): void {
		const {process, f, line} = event;
		const open = this.#close(event);
		const value = valueOf(event);
		if (f !== 'read') {
			if (printEdn(value) !== open.value) throw new HistoryError(`${open.value}, as invoked`, printEdn(value), line);
			return this.#builder.complete(process, {type: 'written', version: undefined}, line);
		}
		const {key, inner} = this.#split(value, line);
		const asked = this.#builder.openInput(process);
		if (asked?.type === 'get' && asked.key !== key)
			throw new HistoryError(`the key ${asked.key}, as invoked`, key, line);
		this.#builder.complete(process, {type: 'value', value: registerValue(inner, line), version: undefined}, line);
	}

	/**
	 * It did not happen. Only of a compare-and-set that gives no reason, and its own arguments, this is the register's word:
	 * it did not hold what was asked for. With a reason it may be the client's: the request need never have been sent.
	 */
	#fail(event: RegisterEvent): void {
		const {process, f, line, value, hasReason} = event;
		const open = this.#close(event);
		const isRefusal = f === 'cas' && !hasReason && value !== undefined && printEdn(value) === open.value;
		if (!isRefusal) return this.#builder.discard(process);
		this.#builder.complete(process, {type: 'conditionFailed', observed: undefined, version: undefined}, line);
	}

	#close({process, f, line}: RegisterEvent): Open {
		const open = this.#open.get(process);
		if (open === undefined) throw new HistoryError(`an invocation of process ${process} first`, 'a completion', line);
		if (open.f !== f) throw new HistoryError(`:${open.f}, as invoked`, `:${f}`, line);
		this.#open.delete(process);
		return open;
	}

	#split(value: Edn, line: number): {readonly key: string; readonly inner: Edn} {
		if (this.#isIndependent !== true) return {key: '', inner: value};
		const [key, inner, more] = value.type === 'vector' ? value.items : [];
		if (key !== undefined && inner !== undefined && more === undefined) return {key: printEdn(key), inner};
		throw new HistoryError('[KEY VALUE], as in the first invocation', printEdn(value), line);
	}
}

function valueOf({value, line}: RegisterEvent): Edn {
	if (value === undefined) throw new HistoryError('one value', 'none, or more', line);
	return value;
}

function looksIndependent(f: string, value: Edn): boolean {
	if (value.type !== 'vector') return false;
	return f !== 'cas' || value.items[1]?.type === 'vector';
}

function inputOf(f: 'read' | 'write' | 'cas', key: string, value: Edn, line: number): KvInput {
	if (f === 'read') return {type: 'get', key};
	if (f === 'write') {
		const written = registerValue(value, line);
		if (written === undefined) throw new HistoryError('a value to write', 'nil', line);
		return {type: 'put', key, value: written};
	}
	const [from, to, more] = value.type === 'vector' ? value.items : [];
	const next = to && registerValue(to, line);
	if (from === undefined || next === undefined || more !== undefined) {
		throw new HistoryError('[FROM TO]', printEdn(value), line);
	}
	return {type: 'compareAndSet', key, expected: {value: registerValue(from, line)}, value: next};
}

/** `undefined`: nil. Keywords stand for what went wrong, and are no values. */
function registerValue(value: Edn, line: number): string | undefined {
	if (value.type === 'keyword') throw new HistoryError('a value or nil', printEdn(value), line);
	return value.type === 'nil' ? undefined : printEdn(value);
}
