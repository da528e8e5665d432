/** What a server takes from clients: checked before anything is proposed, since what is in the log all must apply. */
import type {CommandCodec} from '../command-codec.js';
import type {Milliseconds} from '../../raft/types.js';
import type {MachineTypes, Words} from '../machine.js';
import {barrier, type Command, type ReadOrBarrier, type ServiceReply} from '../types.js';

/** How large a request may be that a server takes. */
export interface AdmissionLimits {
	/** Bytes of a read request. @default 4194304 (4 MiB) */
	readonly requestBytesMax: number;
	/** Operations of a request. @default 4096 */
	readonly requestOperationsMax: number;
	/** Bytes of a write request: of its command, so not more than an entry of the log may have. @default 1572864 (1.5 MiB) */
	readonly commandBytesMax: number;
}

type Refusal = Extract<ServiceReply, {type: 'refused'}>;

export const refused = (reason: Refusal['reason']): Refusal => ({type: 'refused', reason});

interface AdmittedWrite<T extends MachineTypes> {
	readonly type: 'write';
	/** Time is the leader's to tell: a client that could move it could expire everybody's sessions. */
	readonly command: Exclude<Command<T>, {type: 'clock'}>;
}

interface AdmittedRead<T extends MachineTypes> {
	readonly type: 'read';
	readonly reads: readonly ReadOrBarrier<T>[];
}

/** How long its answer may wait for something to tell, in ms. */
export const waitMsOf = <T extends MachineTypes>(words: Words<T>, read: ReadOrBarrier<T>): Milliseconds =>
	read === barrier ? 0 : (words.waitMsOf?.(read) ?? 0);

/** The command of a write request, or why it is refused. */
export function admitWrite<T extends MachineTypes>(
	codec: CommandCodec<T>,
	limits: AdmissionLimits,
	bytes: Uint8Array,
): AdmittedWrite<T> | Refusal {
	if (bytes.length > limits.commandBytesMax) return refused('tooLarge');
	const command = codec.decodeCommand(bytes);
	if (command === undefined || command.type === 'clock') return refused('malformed');
	if (command.type !== 'writes') return {type: 'write', command};
	if (command.writes.length > limits.requestOperationsMax) return refused('tooLarge');
	// That there is no memory for a write is the leader's to say.
	if (command.writes.some(({write}) => write === undefined)) return refused('malformed');
	return {type: 'write', command};
}

/** The reads of a read request, or why it is refused. */
export function admitRead<T extends MachineTypes>(
	codec: CommandCodec<T>,
	limits: AdmissionLimits,
	bytes: Uint8Array,
): AdmittedRead<T> | Refusal {
	if (bytes.length > limits.requestBytesMax) return refused('tooLarge');
	const reads = codec.decodeReads(bytes);
	if (reads === undefined) return refused('malformed');
	// The others would wait with it.
	if (reads.length > 1 && reads.some(read => waitMsOf(codec.words, read) > 0)) return refused('malformed');
	return reads.length > limits.requestOperationsMax ? refused('tooLarge') : {type: 'read', reads};
}
