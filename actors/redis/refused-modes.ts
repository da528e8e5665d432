import type {DatabaseNumber} from '../../src/kv/types.js';
import type {Access} from './access.js';
import type {MonitoredCommand} from './monitors.js';
import type {ScriptCache} from './script-cache.js';
import {Transactions} from './queued-transaction.js';

/** What commands need to know to be refused: see `RedisCommand`. */
interface RefusableCommand {
	readonly flags: readonly string[];
	readonly keys?: object;
	readonly usesData?: boolean;
}

type ModesOptions = Pick<RefusedModes, 'access' | 'isListening' | 'scripts' | 'databases' | 'tellMonitors'>;

/**
 * What a connection has begun, or was refused and its client may take for begun. Clients send a pipeline without a look at its
 * first reply: what follows a refused SELECT would write to another database than was meant. So the refusal holds until the
 * client ends what it believes to have begun.
 */
export class RefusedModes {
	/** Whether the client has given the password. */
	readonly access: Access;
	readonly isListening: () => boolean;
	/** Those of the port. */
	readonly scripts: ScriptCache;
	/** What it has queued, and watches. */
	readonly transactions = new Transactions();
	/** The database that is selected, by all requests that were planned. Behind MULTI: as it will be, if EXEC carries all out. */
	database: DatabaseNumber = 0;
	/** SELECT of a database that the service does not have was refused: nothing is read or written before another SELECT. */
	refusedDatabase: DatabaseNumber | undefined;
	/** There are so many. */
	readonly databases: number;
	/** CLIENT TRACKING ON was refused: nothing is read that the client would keep for good. Ends with CLIENT TRACKING OFF. */
	isTracking = false;

	/** The command that was planned last. */
	lastCommand = 'NULL';
	/** Shows a command to those who asked for it by MONITOR. */
	readonly tellMonitors: (command: MonitoredCommand, parts: readonly Buffer[], database: DatabaseNumber) => void;

	/** `isListening`: it speaks RESP2 and listens to channels, by all requests that have been answered. */
	constructor({access, isListening, scripts, databases, tellMonitors}: ModesOptions) {
		this.tellMonitors = tellMonitors;
		this.access = access;
		this.isListening = isListening;
		this.scripts = scripts;
		this.databases = databases;
	}

	/** As after RESET, and on a new connection. */
	reset(): void {
		this.access.reset();
		this.transactions.reset();
		this.database = 0;
		this.refusedDatabase = undefined;
		this.isTracking = false;
	}

	/** What MULTI began is over, and nothing of it was carried out: with it goes a SELECT. */
	endTransaction(): void {
		const {queued} = this.transactions;
		if (queued !== undefined) this.database = queued.databaseBefore;
		this.transactions.reset();
	}

	/** Why this command must not be carried out now. */
	refusalOf({flags, keys, usesData: usesAll = false}: RefusableCommand): string | undefined {
		const usesData = usesAll || keys !== undefined || flags.includes('write');
		if (!usesData) return undefined;
		if (this.refusedDatabase !== undefined)
			return `ERR SELECT ${this.refusedDatabase} was refused, so this command is not executed: send SELECT 0 to go on`;
		if (this.isTracking)
			return 'ERR CLIENT TRACKING was refused, so this command is not executed: send CLIENT TRACKING OFF to go on';
		return undefined;
	}
}
