import type {CommandDescription} from './commands/command-description.js';
import type {Password} from './access.js';
import type {Channels} from './channels.js';
import type {ClientsMemory} from './clients-memory.js';
import type {DroppedClients} from './dropped-clients.js';
import type {Lane} from './lane.js';
import type {RedisLimits} from './limits.js';
import type {ProtocolVersion} from './reply-writer.js';
import type {Subscriber} from './subscriber.js';

/** What INFO's section "Raft" shows: field names to values. */
export type ClusterInfo = Readonly<Record<string, string | number | boolean>>;

/** What all connections of one gateway share. */
export interface GatewayState {
	readonly limits: RedisLimits;
	readonly commands: ReadonlyMap<string, CommandDescription>;
	readonly host: string;
	port: number;
	/** What clients must give; `undefined`: nothing. */
	readonly password: Password | undefined;
	/** Whether operations are refused because the data is being read from the disk. */
	readonly isLoading: () => boolean;
	/** Bytes of keys and values beyond which the service refuses writes; 0: it has no such limit. */
	readonly maxMemoryBytes: number;
	/** By `performance.now()`. */
	readonly startedMs: number;
	/** The open connections, by their id. */
	readonly clientStates: Map<number, ClientState>;
	connectionsReceived: number;
	connectionsRejected: number;
	commandsProcessed: number;
	/** Replies that were errors. */
	errorReplies: number;
	readonly channels: Channels;
	readonly lane: Lane;
	readonly memory: ClientsMemory;
	readonly dropped: DroppedClients;
	/** Bytes of a value, as reads of any connection found them last: a guess at what the next ones will find. */
	valueBytesExpected: number;
}

/** What one connection is to the others and to its own commands. */
export interface ClientState {
	readonly id: number;
	readonly gateway: GatewayState;
	/** `host:port` of the client; `path:0` where it came by a unix socket. */
	readonly address: string;
	/** `host:port` of ours. */
	readonly localAddress: string;
	/** It came by the unix socket. */
	readonly isLocalSocket: boolean;
	/** By `performance.now()`. */
	readonly connectedMs: number;
	/** When its last replies were written, by `performance.now()`. */
	activeMs: number;
	/** As set by CLIENT SETNAME or HELLO; empty when not. */
	name: string;
	libraryName: string;
	libraryVersion: string;
	protocol: ProtocolVersion;
	/** What it listens to. */
	readonly subscriber: Subscriber;
	/** As set by CLIENT NO-EVICT. */
	isDroppedLast: boolean;
	/** As set by CLIENT REPLY. */
	replyMode: ReplyMode;
}

/** `off`: nothing is answered. `skipNext`: the next command is not answered; while that is carried out, `skip`. */
type ReplyMode = 'on' | 'off' | 'skipNext' | 'skip';
