import {strict as check} from 'node:assert';
import {type LogEntry, type LogIndex, type ServiceInput, type ServiceOutput} from '../../../src/raft/types.js';
import {unreachable} from '../../../src/base/errors.js';
import type {Random} from './random.js';

export interface ServiceHost {
	readonly random: Random;
	readonly output: (output: ServiceOutput) => void;
	readonly applied: (index: LogIndex, fingerprint: number) => void;
	readonly installed: (fingerprints: readonly number[]) => void;
	/** Everything that is an answer to a client, or about leadership. */
	readonly told: (input: ServiceInput) => void;
}

/** 32 bits that differ for different entries. */
export function fingerprintOf({term, type, command}: LogEntry): number {
	let hash = Math.imul(term + 1, 0x85ebca6b) ^ type.length;
	for (const byte of command) hash = Math.imul(hash ^ byte, 0x01000193);
	return hash >>> 0;
}

/** The least service there is: its state is the list of fingerprints of what it applied. */
export class TestService {
	/** `fingerprints[i]` belongs to index `i + 1`. */
	fingerprints: number[] = [];
	readonly #host: ServiceHost;
	#taking: {readonly index: LogIndex; readonly bytes: Uint8Array; offset: number} | undefined;
	#loading: {readonly index: LogIndex; readonly parts: Uint8Array[]} | undefined;

	constructor(host: ServiceHost) {
		this.#host = host;
	}

	receive(input: ServiceInput): void {
		switch (input.type) {
			case 'apply':
				return this.#apply(input.entries);
			case 'takeSnapshot':
				check.equal(this.#loading, undefined, 'no snapshot is taken of a state that is being loaded');
				check.equal(this.#taking, undefined, 'one snapshot is taken at a time');
				this.#taking = {index: this.fingerprints.length, bytes: encode(this.fingerprints), offset: 0};
				return this.#sendChunk();
			case 'snapshotChunkStored':
				if (this.#taking?.index === input.index) this.#sendChunk();
				return;
			case 'abandonSnapshot':
				this.#taking = undefined;
				return;
			case 'installSnapshot':
				check.ok(input.snapshot.lastIncludedIndex > this.fingerprints.length, 'a service is never taken back');
				this.#loading = {index: input.snapshot.lastIncludedIndex, parts: []};
				return;
			case 'installChunk':
				return this.#load(input);
			case 'proposed':
				check.ok(input.firstIndex > this.fingerprints.length, 'a proposal is told of before it is applied');
				return this.#host.told(input);
			case 'proposalRefused':
			case 'readReady':
			case 'readRefused':
			case 'leadership':
				return this.#host.told(input);
			default:
				return unreachable(input);
		}
	}

	#apply(entries: readonly LogEntry[]): void {
		check.equal(this.#loading, undefined, 'nothing is applied while a snapshot is loaded');
		for (const entry of entries) {
			check.equal(entry.index, this.fingerprints.length + 1, 'entries are applied once each, without a gap');
			const fingerprint = fingerprintOf(entry);
			this.fingerprints.push(fingerprint);
			this.#host.applied(entry.index, fingerprint);
		}
		this.#host.output({type: 'applied', index: this.fingerprints.length});
	}

	#sendChunk(): void {
		const taking = this.#taking;
		if (taking === undefined) return;
		const data = taking.bytes.subarray(taking.offset, taking.offset + this.#host.random.integer(1, 200));
		taking.offset += data.length;
		const done = taking.offset === taking.bytes.length;
		if (done) this.#taking = undefined;
		this.#host.output({type: 'snapshotChunk', index: taking.index, data, done});
	}

	#load({index, data, done}: Extract<ServiceInput, {type: 'installChunk'}>): void {
		const loading = this.#loading;
		check.equal(loading?.index, index, 'chunks belong to the snapshot that is loaded');
		if (loading === undefined) return;
		loading.parts.push(data);
		if (done) {
			this.fingerprints = decode(Buffer.concat(loading.parts));
			check.equal(this.fingerprints.length, index, 'a snapshot holds the state at its index');
			this.#loading = undefined;
			this.#host.installed(this.fingerprints);
		}
		this.#host.output({type: 'installChunkLoaded', index});
	}
}

function encode(fingerprints: readonly number[]): Uint8Array {
	const bytes = Buffer.alloc(fingerprints.length * 4);
	for (const [position, fingerprint] of fingerprints.entries()) bytes.writeUInt32LE(fingerprint, position * 4);
	return bytes;
}

function decode(bytes: Buffer): number[] {
	return Array.from({length: bytes.length / 4}, (_, position) => bytes.readUInt32LE(position * 4));
}
