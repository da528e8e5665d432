import type {GatewayState} from './client-state.js';

/** Of values, in the results that one connection waits for at once. */
const windowBytes = 4 * 2 ** 20;
const firstSize = 16;
const sizeMax = 1024;

/**
 * How many values one connection asks for at once. Nobody knows their sizes before: it begins with a few, and doubles as
 * long as they turn out small.
 */
export class ValueWindow {
	readonly #gateway: Pick<GatewayState, 'valueBytesExpected'>;
	#size: number;
	#valueBytesExpected: number;

	constructor(gateway: Pick<GatewayState, 'valueBytesExpected'>) {
		this.#gateway = gateway;
		this.#valueBytesExpected = gateway.valueBytesExpected;
		this.#size = Math.min(firstSize, sizeFor(this.#valueBytesExpected));
	}

	get size(): number {
		return this.#size;
	}

	get valueBytesExpected(): number {
		return this.#valueBytesExpected;
	}

	/** So many values turned out to have so many bytes together. */
	learn(values: number, bytes: number): void {
		if (values === 0) return;
		this.#valueBytesExpected = bytes / values;
		this.#gateway.valueBytesExpected = this.#valueBytesExpected;
		const grown = values * 2 > this.#size ? this.#size * 2 : this.#size;
		this.#size = Math.min(sizeMax, grown, sizeFor(this.#valueBytesExpected));
	}
}

const sizeFor = (valueBytes: number): number => Math.max(1, Math.floor(windowBytes / Math.max(1, valueBytes)));
