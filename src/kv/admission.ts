/** What a server takes from clients: checked before anything is proposed, since what is in the log all must apply. */
import {decodeCommand, decodeReads, unpackCommands} from './command-codec.js';
import type {Codec, Command, KvReply, ReadOperation} from './types.js';

export interface AdmissionLimits {
	/** Bytes of a request. @default 4194304 (4 MiB) */
	readonly requestBytesMax: number;
	/** Operations of a request. @default 4096 */
	readonly requestOperationsMax: number;
	/** Bytes of one command; not more than an entry of the log may have. @default 1572864 (1.5 MiB) */
	readonly commandBytesMax: number;
}

type Refusal = Extract<KvReply, {type: 'refused'}>;

export const refused = (reason: Refusal['reason']): Refusal => ({type: 'refused', reason});

interface AdmittedWrite {
	readonly type: 'write';
	/** As they go into the log, views of the request's bytes. */
	readonly bytes: readonly Uint8Array[];
	/** The same, decoded. */
	readonly commands: readonly Command[];
}

interface AdmittedRead {
	readonly type: 'read';
	readonly operations: readonly ReadOperation[];
}

/** The commands of a write request, or why it is refused. */
export function admitWrite(codec: Codec, limits: AdmissionLimits, packed: Uint8Array): AdmittedWrite | Refusal {
	if (packed.length > limits.requestBytesMax) return refused('tooLarge');
	const bytes = unpackCommands(packed);
	if (bytes === undefined || bytes.length === 0) return refused('malformed');
	if (bytes.length > limits.requestOperationsMax) return refused('tooLarge');
	const commands: Command[] = [];
	for (const one of bytes) {
		if (one.length > limits.commandBytesMax) return refused('tooLarge');
		const command = decodeCommand(codec, one);
		// Time is the leader's to tell: a client that could move it could expire everybody's sessions.
		if (command === undefined || command.type === 'clock') return refused('malformed');
		commands.push(command);
	}
	return {type: 'write', bytes, commands};
}

/** The operations of a read request, or why it is refused. */
export function admitRead(codec: Codec, limits: AdmissionLimits, bytes: Uint8Array): AdmittedRead | Refusal {
	if (bytes.length > limits.requestBytesMax) return refused('tooLarge');
	const operations = decodeReads(codec, bytes);
	if (operations === undefined) return refused('malformed');
	return operations.length > limits.requestOperationsMax ? refused('tooLarge') : {type: 'read', operations};
}
