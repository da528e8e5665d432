import type {DatabaseCount, DatabaseNumber} from '../../src/kv/types.js';
import type {CommandDescription} from './commands/command-description.js';
import type {Password} from './access.js';
import type {Channels} from './channels.js';
import type {ClientsMemory} from './clients-memory.js';
import type {DroppedClients} from './dropped-clients.js';
import type {KeyspaceEvents} from './keyspace-events.js';
import type {Lane} from './lane.js';
import type {RedisLimits} from './limits.js';
import type {Monitors} from './monitors.js';
import type {ProtocolVersion} from './reply-writer.js';
import type {ScriptCache} from './script-cache.js';
import type {SlowLog} from './slow-log.js';
import type {Subscriber} from './subscriber.js';

/** Fields of a section of INFO, by their names. */
export type InfoFields = Readonly<Record<string, string | number | boolean>>;

/** How much the service holds: what INFO tells about memory. */
export interface DataInfo {
	/** Of keys and values, as they are counted against the limit of memory. */
	readonly bytes: number;
}

/** What INFO tells of the service behind the port. */
export interface ClusterInfo {
	/** Its section "Raft". */
	readonly raft: InfoFields;
	/** `undefined`: nobody can tell now. */
	readonly data: DataInfo | undefined;
	/** Its databases, from 0 on; none: nobody has asked for them, or nobody can tell now. */
	readonly databases: readonly DatabaseCount[];
}

/** What all connections of one gateway share. */
export interface GatewayState {
	readonly limits: RedisLimits;
	/** There are so many. */
	readonly databases: number;
	readonly commands: ReadonlyMap<string, CommandDescription>;
	readonly host: string;
	port: number;
	/** What clients must give; `undefined`: nothing. */
	readonly password: Password | undefined;
	/** What is acknowledged outlives a crash of all nodes. */
	readonly isDurable: boolean;
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
	/** Bytes that have come and gone, by all connections. */
	inputBytes: number;
	outputBytes: number;
	/** Replies that were errors. */
	errorReplies: number;
	/** What INFO leaves out of what was counted, by its fields: see CONFIG RESETSTAT. The metrics count on. */
	forgottenCounts: Readonly<Record<string, number>>;
	readonly channels: Channels;
	readonly keyspaceEvents: KeyspaceEvents;
	readonly scripts: ScriptCache;
	readonly monitors: Monitors;
	readonly slowLog: SlowLog;
	readonly lane: Lane;
	readonly memory: ClientsMemory;
	readonly dropped: DroppedClients;
	/** Bytes of a value, as reads of any connection found them last: a guess at what the next ones will find. */
	valueBytesExpected: number;
}

/** What a connection holds now, bytes. */
export interface ClientUsage {
	/** Of requests that are not planned yet. */
	readonly requestBytes: number;
	/** Of requests that are planned and not all answered. */
	readonly queuedBytes: number;
	/** Commands that are queued behind MULTI, by what is planned; `undefined`: there was none. */
	readonly queuedCommands: number | undefined;
	/** Of what is queued and watched. */
	readonly transactionBytes: number;
	/** Of replies that are not handed to the socket. */
	readonly replyBytes: number;
	/** Of replies that the client has not taken. */
	readonly unreadBytes: number;
	/** All of that, and what is kept about it. */
	readonly memoryBytes: number;
	/** Name of the command that was planned last; `NULL` where there is none. */
	readonly lastCommand: string;
}

/** What others may ask of a connection. */
export interface ConnectionControl {
	usage(): ClientUsage;
	/** Ends it at once. */
	kill(): void;
	/** Ends it when the command that is being answered is. */
	endAfterReply(): void;
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
	/** File descriptor of its socket; -1 where there is none to tell, as with TLS. */
	readonly descriptor: number;
	/** By `performance.now()`. */
	readonly connectedMs: number;
	/** When its last replies were written, by `performance.now()`. */
	activeMs: number;
	/** As set by CLIENT SETNAME or HELLO; empty when not. */
	name: string;
	libraryName: string;
	libraryVersion: string;
	protocol: ProtocolVersion;
	/** Selected, by the requests that were answered. */
	database: DatabaseNumber;
	/** Set when the connection is made, before its first command. */
	connection: ConnectionControl;
	/** What it listens to. */
	readonly subscriber: Subscriber;
	/** As set by CLIENT NO-EVICT. */
	isDroppedLast: boolean;
	/** As set by CLIENT REPLY. */
	replyMode: ReplyMode;
}

/** `off`: nothing is answered. `skipNext`: the next command is not answered; while that is carried out, `skip`. */
type ReplyMode = 'on' | 'off' | 'skipNext' | 'skip';
