import {passwordNeeded} from './access.js';
import {type RedisCommand, type Plan, refuse, textAt} from './commands/command.js';
import type {ArgumentRange} from './commands/command-description.js';
import {planInDatabase} from './commands/database-plan.js';
import {valueTooLargeText} from './commands/failures.js';
import {queuedOf} from './commands/queued-plan.js';
import {quoted, quotedBytesMax} from './commands/quoted.js';
import type {RedisLimits} from './limits.js';
import {type QueuedTransaction, queuedBytesMax, queuedCommandsMax} from './queued-transaction.js';
import type {RefusedModes} from './refused-modes.js';

const commandNameBytesMax = 32;

/** What a request comes to: looks its command up, checks what the table and earlier refusals say about it, and lets it plan. */
export function planRequest(
	commands: ReadonlyMap<string, RedisCommand>,
	parts: readonly Buffer[],
	limits: RedisLimits,
	modes: RefusedModes,
): Plan {
	const {queued} = modes.transactions;
	const found = lookUp(commands, parts, 0);
	const command = (parts.length > 1 && found?.subcommands && lookUp(found.subcommands, parts, 1)) || found;
	modes.lastCommand = command?.name ?? 'NULL';
	const refusal = command === undefined ? planUnknown(parts) : whyNot(command, parts, limits, modes);
	if (command === undefined || refusal !== undefined) {
		// As in Redis: what cannot even be queued lets EXEC carry out nothing.
		queued?.abort();
		return notBegun(refusal ?? planUnknown(parts));
	}
	const worksNow = queued === undefined || command.worksInTransaction === true;
	const plan = worksNow ? planOf(command, parts, limits, modes) : enqueue(queued, command, parts, {limits, modes});
	if (!isKnown(command, parts)) return worksNow ? notBegun(plan) : plan;
	// As in Redis, SELECT is shown with the database that it selects.
	modes.tellMonitors(command, parts, modes.database);
	return plan;
}

/** In the database that is selected. */
function planOf(command: RedisCommand, parts: readonly Buffer[], limits: RedisLimits, modes: RefusedModes): Plan {
	const {database} = modes;
	const plan = command.plan(parts, limits, modes);
	return database === 0 || command.namesDatabases === true ? plan : planInDatabase(plan, database);
}

const notBegun = (plan: Plan): Plan => (plan.type === 'local' ? {...plan, isRefused: true} : plan);

/** Why a command is not even looked at. */
function whyNot(
	command: RedisCommand,
	parts: readonly Buffer[],
	limits: RedisLimits,
	modes: RefusedModes,
): Plan | undefined {
	if (command.arity < 0 ? parts.length < -command.arity : parts.length !== command.arity) {
		return (
			command.planWrongArity?.(parts, limits, modes) ??
			refuse(`ERR wrong number of arguments for '${command.name}' command`)
		);
	}
	if (!modes.access.isGranted && needsAccess(command, parts)) return refuse(passwordNeededFor(command));
	if (modes.isListening() && command.worksWhileSubscribed !== true && isKnown(command, parts))
		return refuse(listeningText(command));
	const refusal = command.worksInTransaction === true ? undefined : modes.refusalOf(command);
	if (refusal !== undefined) return refuse(refusal);
	return tooLarge(command, parts, limits);
}

/** A subcommand that there is none of is told as such to everybody, like a command that there is none of. */
const isKnown = ({subcommands}: RedisCommand, parts: readonly Buffer[]): boolean =>
	subcommands === undefined || parts.length === 1;

function needsAccess(command: RedisCommand, parts: readonly Buffer[]): boolean {
	return !command.flags.includes('no_auth') && isKnown(command, parts);
}

/** To EXEC in Redis' words, which clients know as "nothing of the transaction was executed". */
function passwordNeededFor({name}: RedisCommand): string {
	return name === 'exec' ? `EXECABORT Transaction discarded because of: ${passwordNeeded}` : passwordNeeded;
}

/** In Redis' words. A client of RESP2 could not tell a reply from a message. */
const listeningText = ({name}: RedisCommand): string =>
	`ERR Can't execute '${name}': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context`;

/** It is carried out by EXEC. */
export const queuedPlan: Plan = {type: 'local', reply: out => out.status('QUEUED')};
const tooMuch = `ERR this transaction has more than ${queuedCommandsMax} commands and keys, or ${queuedBytesMax} bytes: use several`;

function enqueue(
	queued: QueuedTransaction,
	command: RedisCommand,
	parts: readonly Buffer[],
	{limits, modes}: {readonly limits: RedisLimits; readonly modes: RefusedModes},
): Plan {
	const {refusalInTransaction, subcommands} = command;
	// A name that stands for others, and none of them was named.
	const isUnknown = subcommands !== undefined && parts.length > 1;
	if (refusalInTransaction !== undefined || isUnknown) {
		queued.abort();
		return refusalInTransaction === undefined
			? command.plan(parts, limits, modes)
			: refuse(notInTransaction(command, refusalInTransaction));
	}
	const {refusedDatabase, isTracking} = modes;
	const bytes = parts.reduce((sum, part) => sum + part.length, 0);
	const plan = planOf(command, copyOf(parts, bytes), limits, modes);
	const changesModes = plan.type === 'local' && plan.changesModes === true;
	if (changesModes || modes.refusedDatabase !== refusedDatabase || modes.isTracking !== isTracking) {
		// What follows is planned before EXEC, and would go by what may never happen.
		modes.refusedDatabase = refusedDatabase;
		modes.isTracking = isTracking;
		queued.abort();
		return refuse(notInTransaction(command, 'send it before MULTI'));
	}
	return queued.add(queuedOf(plan), bytes) ? queuedPlan : refuse(tooMuch);
}

/** What is queued may wait for long, and views of what the socket has read would keep all of that in memory. */
function copyOf(parts: readonly Buffer[], bytes: number): readonly Buffer[] {
	const all = Buffer.alloc(bytes);
	let end = 0;
	return parts.map(part => {
		const start = end;
		end += part.copy(all, start);
		return all.subarray(start, end);
	});
}

const notInTransaction = ({name}: RedisCommand, why: string): string =>
	`ERR ${name.toUpperCase().replace('|', ' ')} is not supported inside MULTI: ${why}`;

function lookUp(
	commands: ReadonlyMap<string, RedisCommand>,
	parts: readonly Buffer[],
	position: number,
): RedisCommand | undefined {
	const part = parts[position];
	if (part === undefined || part.length > commandNameBytesMax) return undefined;
	return commands.get(part.toString('latin1').toLowerCase());
}

function planUnknown(parts: readonly Buffer[]): Plan {
	const name = quoted(textAt(parts, 0));
	// An HTTP request, which a web page can make a browser send to this port, and whose body would be taken for inline
	// requests. Redis drops such a connection too (server.c, securityWarningCommand).
	if (/^(?:post|host:)$/i.test(name)) return {type: 'close', reply: () => undefined};
	let beginning = '';
	for (let at = 1; at < parts.length && beginning.length < quotedBytesMax; at++)
		beginning += `'${quoted(textAt(parts, at), quotedBytesMax - beginning.length)}' `;
	return refuse(`ERR unknown command '${name}', with args beginning with: ${beginning}`);
}

function tooLarge({keys, values}: RedisCommand, parts: readonly Buffer[], limits: RedisLimits): Plan | undefined {
	if (keys !== undefined && longest(parts, keys) > limits.keyBytesMax)
		return refuse(`ERR key exceeds the limit of ${limits.keyBytesMax} bytes`);
	if (values !== undefined && longest(parts, values) > limits.valueBytesMax) return refuse(valueTooLargeText(limits));
	return undefined;
}

function longest(parts: readonly Buffer[], {first, last, step}: ArgumentRange): number {
	const end = last < 0 ? parts.length + last : last;
	let bytes = 0;
	for (let at = first; at <= end; at += step) bytes = Math.max(bytes, parts[at]?.length ?? 0);
	return bytes;
}
