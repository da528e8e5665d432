import {mayReturnValue} from '../../src/kv/operation-bytes.js';
import {bytesOfResult} from '../../src/kv/words.js';
import type {GetOperation, Operation} from '../../src/kv/types.js';
import {assert, unreachable} from '../../src/base/errors.js';
import type {Plan, Settled} from './commands/command.js';
import {Failure} from './commands/failure.js';
import {failureText, invalidPart, invalidText} from './commands/failures.js';
import type {ReplyWriter} from './reply-writer.js';
import type {ClusterInfo, ClientState} from './client-state.js';

/** What the plans that are begun together may come to; the first of them may exceed it. */
export interface RunLimits {
	/** Operations whose results hold values, of a size that nobody knows before. */
	readonly values: number;
	/** Of the requests. */
	readonly bytes: number;
}

/** A plan, and the size of its request. */
export interface Planned {
	readonly plan: Plan;
	readonly bytes: number;
	readonly parts: number;
	/** What SLOWLOG would show of it; `undefined`: it keeps nothing now. */
	readonly words?: readonly string[] | undefined;
}

/**
 * Where the run that begins at `start` ends: the plans that may be begun in one turn. Writes travel together in their
 * order, and so do reads. A read must see the write before it: one of a single key takes its place in the log between
 * the writes (see `operationsOf`), as many programs share one connection and would wait at each turn from one to the other;
 * other reads begin when the writes are settled. What needs no operation fits into either.
 */
export function endOfRun(queue: readonly Planned[], start: number, limits: RunLimits): number {
	let kind: 'read' | 'write' | undefined;
	let values = 0;
	let bytes = 0;
	for (let at = start; at < queue.length; at++) {
		const planned = queue[at];
		assert(planned !== undefined, 'the place of a plan is within the queue');
		const {plan} = planned;
		const planKind = kindOf(plan);
		if (planKind === 'report' || planKind === 'walk' || planKind === 'transaction') return at === start ? at + 1 : at;
		values += valueCount(plan);
		bytes += planned.bytes;
		if (at > start && (values > limits.values || bytes > limits.bytes)) return at;
		if (planKind === undefined) continue;
		if (kind === 'write' && isGet(plan)) continue;
		if (kind !== undefined && planKind !== kind) return at;
		kind = planKind;
	}
	return queue.length;
}

/** Operations of the plan whose results may hold values. */
function valueCount(plan: Plan): number {
	if (plan.type === 'readMany') return plan.operations.length;
	return (plan.type === 'read' || plan.type === 'write') && mayReturnValue(plan.operation) ? 1 : 0;
}

/** Bytes of the values that it holds. */
export function valueBytesOf(settled: Settled): number {
	if (settled instanceof Failure) return 0;
	switch (settled.type) {
		case 'value':
		case 'conditionFailed':
			return settled.value?.length ?? 0;
		case 'keys':
		case 'scripted':
			return bytesOfResult(settled);
		case 'written':
			return settled.previous?.length ?? 0;
		case 'batch':
		case 'transaction':
			return settled.results.reduce((sum, part) => sum + valueBytesOf(part), 0);
		default:
			return 0;
	}
}

function kindOf(plan: Plan): 'read' | 'write' | 'report' | 'walk' | 'transaction' | undefined {
	switch (plan.type) {
		case 'write':
			return 'write';
		case 'read':
		case 'readMany':
			return 'read';
		case 'report':
		case 'walk':
		case 'transaction':
			return plan.type;
		case 'local':
		case 'close':
			return undefined;
		default:
			return unreachable(plan);
	}
}

const isGet = (plan: Plan): plan is GetPlan => plan.type === 'read' && plan.operation.type === 'get';

type GetPlan = Plan & {readonly type: 'read'; readonly operation: GetOperation};

/** A part of what goes through the log, which brings the value: see `GetOperation`. */
export const loggedGet = ({key}: GetOperation): GetOperation => ({type: 'get', key});

/** Of a run. What is read behind a write goes through the log, as a batch of its own. */
export function operationsOf(plans: readonly Plan[]): Operation[] {
	const operations: Operation[] = [];
	let isBehindWrite = false;
	for (const plan of plans) {
		if (plan.type === 'write') {
			isBehindWrite = true;
			operations.push(plan.operation);
		} else if (isBehindWrite && isGet(plan)) operations.push({type: 'batch', operations: [loggedGet(plan.operation)]});
		else if (plan.type === 'read') operations.push(plan.operation);
		else if (plan.type === 'readMany') for (const operation of plan.operations) operations.push(operation);
	}
	return operations;
}

/** Writes the replies to a run, in order. `cluster` is for a report. */
export function replyToRun(
	plans: readonly Plan[],
	settled: readonly Settled[],
	cluster: ClusterInfo,
	out: ReplyWriter,
	clientState: ClientState,
): void {
	let offset = 0;
	for (const plan of plans) {
		const mark = clientState.replyMode === 'on' ? undefined : out.mark();
		offset = replyTo(plan, settled, offset, {cluster, out, clientState});
		// Looked at afterwards: CLIENT REPLY ON turns the replies on before its own.
		if (mark !== undefined && isMuted(clientState)) out.takeBack(mark);
		clientState.subscriber.release(out);
		endReply(clientState);
	}
}

/** A command was answered: what CLIENT REPLY said about this one is over. */
export function endReply(clientState: ClientState): void {
	if (clientState.replyMode === 'skip') clientState.replyMode = 'on';
	else if (clientState.replyMode === 'skipNext') clientState.replyMode = 'skip';
}

export const isMuted = ({replyMode}: ClientState): boolean => replyMode === 'off' || replyMode === 'skip';

interface Conversation {
	readonly cluster: ClusterInfo;
	readonly out: ReplyWriter;
	readonly clientState: ClientState;
}

/** Returns the offset of the first operation of the next plan. */
function replyTo(
	plan: Plan,
	settled: readonly Settled[],
	offset: number,
	{cluster, out, clientState}: Conversation,
): number {
	switch (plan.type) {
		case 'write':
			replyToOne(plan, settled[offset], out, clientState);
			return offset + 1;
		case 'read':
			replyToOne(plan, readOf(settled[offset]), out, clientState);
			return offset + 1;
		case 'readMany': {
			const end = offset + plan.operations.length;
			replyToMany(plan, settled.slice(offset, end), out);
			return end;
		}
		case 'transaction':
			plan.reply(out, settled[offset] as Settled, clientState, cluster);
			return offset + 1;
		case 'report':
			plan.reply(out, clientState, cluster);
			return offset;
		case 'local':
			plan.reply(out, clientState);
			return offset;
		case 'close':
		case 'walk':
			plan.reply(out);
			return offset;
		default:
			return unreachable(plan);
	}
}

/** What was read, through the log or not. */
const readOf = (settled: Settled | undefined): Settled | undefined =>
	settled instanceof Failure || settled?.type !== 'batch' ? settled : settled.results[0];

function replyToOne(
	plan: Extract<Plan, {type: 'read' | 'write'}>,
	settled: Settled | undefined,
	out: ReplyWriter,
	clientState: ClientState,
): void {
	assert(settled !== undefined, 'a run is answered when all of it is settled');
	const invalid = settled instanceof Failure ? undefined : invalidPart(settled);
	if (settled instanceof Failure) out.error(failureText(settled, plan.type));
	else if (invalid !== undefined) out.error(invalidText(invalid, clientState.gateway.limits));
	else plan.reply(out, settled, clientState);
}

function replyToMany({reply}: Extract<Plan, {type: 'readMany'}>, settled: readonly Settled[], out: ReplyWriter): void {
	const mark = out.mark();
	reply.begin(out, settled.length);
	for (const each of settled) {
		if (each instanceof Failure) {
			out.takeBack(mark);
			out.error(failureText(each, 'read'));
			return;
		}
		reply.each(out, each);
	}
	reply.end(out);
}
