/** What a server takes from clients: checked before anything is proposed, since what is in the log all must apply. */
import {decodeCommand, decodeReads} from './command-codec.js';
import type {Codec} from '../base/codec.js';
import type {Command, KvReply, ReadOperation} from './types.js';

export interface AdmissionLimits {
	/** Bytes of a read request. @default 4194304 (4 MiB) */
	readonly requestBytesMax: number;
	/** Operations of a request. @default 4096 */
	readonly requestOperationsMax: number;
	/** Bytes of a write request: of its command, so not more than an entry of the log may have. @default 1572864 (1.5 MiB) */
	readonly commandBytesMax: number;
}

type Refusal = Extract<KvReply, {type: 'refused'}>;

export const refused = (reason: Refusal['reason']): Refusal => ({type: 'refused', reason});

interface AdmittedWrite {
	readonly type: 'write';
	/** Time is the leader's to tell: a client that could move it could expire everybody's sessions. */
	readonly command: Exclude<Command, {type: 'clock'}>;
}

interface AdmittedRead {
	readonly type: 'read';
	readonly operations: readonly ReadOperation[];
}

/** The command of a write request, or why it is refused. */
export function admitWrite(codec: Codec, limits: AdmissionLimits, bytes: Uint8Array): AdmittedWrite | Refusal {
	if (bytes.length > limits.commandBytesMax) return refused('tooLarge');
	const command = decodeCommand(codec, bytes);
	if (command === undefined || command.type === 'clock') return refused('malformed');
	if (command.type === 'operations' && command.operations.length > limits.requestOperationsMax) {
		return refused('tooLarge');
	}
	return {type: 'write', command};
}

/** The operations of a read request, or why it is refused. */
export function admitRead(codec: Codec, limits: AdmissionLimits, bytes: Uint8Array): AdmittedRead | Refusal {
	if (bytes.length > limits.requestBytesMax) return refused('tooLarge');
	const operations = decodeReads(codec, bytes);
	if (operations === undefined) return refused('malformed');
	return operations.length > limits.requestOperationsMax ? refused('tooLarge') : {type: 'read', operations};
}
