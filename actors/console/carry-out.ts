/** Has a target do what a command says, and puts the answer into words. */
import {setTimeout as sleep} from 'node:timers/promises';
import type {Colors} from 'picocolors/types.js';
import {unreachable} from '../../src/base/errors.js';
import type {ConsoleCommand, NodeReference} from './command.js';
import type {ConsoleTarget} from './console-target.js';
import {diskText} from './disk-text.js';
import {CommandRefusedError} from './errors.js';
import {GRAMMAR} from './grammar.js';
import {loadText} from './load-text.js';
import {syntaxOf} from './parser.js';
import {healthText, statusTable} from './status-table.js';
import {valueText} from './value-text.js';

type Executable = Exclude<ConsoleCommand, {type: 'quit'}>;
type DataCommand = Extract<Executable, {type: 'put' | 'get' | 'append' | 'delete' | 'cas'}>;
type NodeCommand = Extract<Executable, {type: 'kill' | 'restart' | 'pause' | 'isolate' | 'disk'}>;

const DONE = 'OK';
const ABSENT = '(absent)';

/** What to print, without a line break at the end. Rejects when the target does, or with a `CommandRefusedError`. */
export async function carryOut(
	command: Executable,
	target: ConsoleTarget,
	colours: Colors,
	signal: AbortSignal,
): Promise<string> {
	switch (command.type) {
		case 'status':
			return [statusTable(await target.status(signal), colours), ...(await target.faults(signal))].join('\n');
		case 'health':
			return healthText(await target.health(signal), colours);
		case 'put':
		case 'get':
		case 'append':
		case 'delete':
		case 'cas':
			return carryOutData(command, target, signal);
		case 'kill':
		case 'restart':
		case 'pause':
		case 'isolate':
		case 'disk':
			return carryOutOnNode(command, target, signal);
		case 'partition':
			return done(target.partition(command.groups, signal));
		case 'heal':
			return healedText(await target.heal(signal));
		case 'faults':
			return (await target.faults(signal)).join('\n') || 'no fault is set';
		case 'unreliable':
			return done(target.setUnreliable(command.on, signal));
		case 'drop':
			return done(target.setLoss(command.probability, signal));
		case 'delay':
			return done(target.setDelay(command.minMs, command.maxMs, signal));
		case 'loadStart':
			return done(target.startLoad(command.clients, signal));
		case 'loadStop':
			return loadText(await target.stopLoad(command.file, signal));
		case 'backup':
			return target.backup(command.file, signal);
		case 'waitLeader':
			return `node ${await target.waitForLeader(signal)} leads`;
		case 'sleep':
			return done(sleep(command.durationMs, undefined, {signal}));
		case 'help':
			return command.name === undefined ? helpOnAll(colours) : helpOn(command.name, colours);
		default:
			return unreachable(command);
	}
}

async function carryOutData(command: DataCommand, target: ConsoleTarget, signal: AbortSignal): Promise<string> {
	switch (command.type) {
		case 'put':
			return done(target.put(command.key, command.value, signal));
		case 'append':
			return done(target.append(command.key, command.value, signal));
		case 'get':
			return valueOrAbsent(await target.get(command.key, signal));
		case 'delete':
			return (await target.delete(command.key, signal)) ? DONE : ABSENT;
		case 'cas': {
			const result = await target.compareAndSet(command.key, command.expected, command.value, signal);
			return result.type === 'written' ? DONE : `(unchanged) ${valueOrAbsent(result.value)}`;
		}
		default:
			return unreachable(command);
	}
}

async function carryOutOnNode(command: NodeCommand, target: ConsoleTarget, signal: AbortSignal): Promise<string> {
	if (command.node === undefined) return restartAll(target, signal);
	const node = await nodeOf(command.node, target, signal);
	switch (command.type) {
		case 'kill':
			await target.kill(node, signal);
			return `node ${node} is down`;
		case 'restart':
			await target.restart(node, signal);
			return `node ${node} is up`;
		case 'pause':
			await target.pause(node, command.durationMs, signal);
			return `node ${node} is paused for ${command.durationMs} ms`;
		case 'isolate':
			await target.isolate(node, signal);
			return `node ${node} is isolated`;
		case 'disk':
			await target.setDisk(node, command.settings, signal);
			return `node ${node}: ${diskText(command.settings)}`;
		default:
			return unreachable(command);
	}
}

async function restartAll(target: ConsoleTarget, signal: AbortSignal): Promise<string> {
	const nodes = Array.from({length: target.nodeCount}, (_, node) => node);
	await Promise.all(nodes.map(node => target.restart(node, signal)));
	return 'all nodes are up';
}

/** Of two that both say they lead, the one of the higher term does. */
async function nodeOf(reference: NodeReference, target: ConsoleTarget, signal: AbortSignal): Promise<number> {
	if (reference.type === 'number') return reference.node;
	const leaders = (await target.status(signal)).flatMap(status =>
		status.type === 'up' && status.role === 'leader' ? [status] : [],
	);
	const [leader] = leaders.sort((one, other) => other.currentTerm - one.currentTerm);
	if (leader === undefined) throw new CommandRefusedError('there is no leader now: wait for one with "wait leader"');
	return leader.node;
}

async function done(work: Promise<void>): Promise<string> {
	await work;
	return DONE;
}

const healedText = (healed: readonly string[]): string =>
	healed.length === 0 ? 'nothing was cut' : healed.map(fault => `healed: ${fault}`).join('\n');

const valueOrAbsent = (value: Uint8Array | undefined): string => (value === undefined ? ABSENT : valueText(value));

function helpOnAll(colours: Colors): string {
	const width = Math.max(...GRAMMAR.map(({usage}) => usage.length));
	return GRAMMAR.map(({usage, summary}) => `${colours.bold(usage.padEnd(width))}  ${summary}`).join('\n');
}

function helpOn(name: string, colours: Colors): string {
	const {usage, summary, details} = syntaxOf(name);
	return [`${colours.bold(usage)}: ${summary}`, ...details].join('\n');
}
