import {bitCommands} from './bits.js';
import {channelCommands} from './channels.js';
import {clientCommand} from './client.js';
import type {RedisCommand} from './command.js';
import {configCommand} from './config.js';
import {connectionCommands} from './connection.js';
import {delexCommand} from './delex.js';
import {editCommands} from './edits.js';
import {expiryCommands} from './expiry.js';
import {infoCommand} from './info.js';
import {commandCommand} from './introspection.js';
import {keyCommands} from './keys.js';
import {keyspaceCommands} from './keyspace.js';
import {lcsCommand} from './lcs.js';
import {memoryCommand, objectCommand, typeCommand} from './one-key.js';
import {monitorCommand} from './monitor.js';
import {numberCommands} from './numbers.js';
import {pubsubCommand} from './pubsub.js';
import {renameCommands} from './rename.js';
import {scriptingCommands} from './scripts.js';
import {slowlogCommand} from './slowlog.js';
import {stringCommands} from './strings.js';
import {timeCommand} from './time.js';
import {timedStringCommands} from './timed-strings.js';
import {transactionCommands} from './transactions.js';
import {waitCommand} from './wait.js';

/** Every command that the gateway knows, by its name in lower case. */
export const commandTable: ReadonlyMap<string, RedisCommand> = new Map(
	[
		...stringCommands,
		...timedStringCommands,
		...numberCommands,
		...editCommands,
		...bitCommands,
		lcsCommand,
		...keyCommands,
		delexCommand,
		...expiryCommands,
		...keyspaceCommands,
		...renameCommands,
		typeCommand,
		objectCommand,
		memoryCommand,
		waitCommand,
		timeCommand,
		...connectionCommands,
		...channelCommands,
		pubsubCommand,
		...transactionCommands,
		...scriptingCommands,
		clientCommand,
		configCommand,
		commandCommand,
		infoCommand,
		slowlogCommand,
		monitorCommand,
	].map(command => [command.name, command]),
);
