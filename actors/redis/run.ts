import type {Operation, Result} from '../../src/kv/types.js';
import {assert} from '../../src/raft/errors.js';
import {unreachable} from '../../src/raft/types.js';
import type {KvClient} from '../kv-client.js';
import type {Plan} from './commands/command.js';
import {Failure, failureText, invalidPart, invalidText} from './commands/failures.js';
import type {ReplyWriter} from './reply-writer.js';
import type {ClusterInfo, Session} from './session.js';

/** What became of an operation. */
export type Settled = Result | Failure;

/**
 * Where the run that begins at `start` ends: the plans that may be begun in one turn. Writes travel together in their
 * order, and so do reads; but a read must see the write before it, so it begins when that is settled. What needs no
 * operation fits into either.
 */
export function endOfRun(plans: readonly Plan[], start: number): number {
	let kind: 'read' | 'write' | undefined;
	for (let at = start; at < plans.length; at++) {
		const plan = plans[at];
		assert(plan !== undefined, 'the place of a plan is within the queue');
		const planKind = kindOf(plan);
		if (planKind === 'report') return at === start ? at + 1 : at;
		if (planKind === undefined) continue;
		if (kind !== undefined && planKind !== kind) return at;
		kind = planKind;
	}
	return plans.length;
}

function kindOf(plan: Plan): 'read' | 'write' | 'report' | undefined {
	switch (plan.type) {
		case 'write':
			return 'write';
		case 'read':
		case 'readMany':
			return 'read';
		case 'report':
			return 'report';
		case 'local':
		case 'close':
			return undefined;
		default:
			return unreachable(plan);
	}
}

/**
 * Begins all operations of the plans at once. `done` gets what became of them, in their order, when the last is settled.
 * False when there is none to wait for: then `done` is not called.
 */
export function beginRun(
	client: KvClient,
	plans: readonly Plan[],
	done: (settled: readonly Settled[]) => void,
): boolean {
	const operations = operationsOf(plans);
	const settled: Settled[] = new Array<Settled>(operations.length);
	let outstanding = operations.length;
	const settle = (offset: number, outcome: Settled) => {
		settled[offset] = outcome;
		if (--outstanding === 0) done(settled);
	};
	for (const [offset, operation] of operations.entries()) {
		client.execute(operation).then(
			result => settle(offset, result),
			(error: unknown) => settle(offset, new Failure(error)),
		);
	}
	return operations.length > 0;
}

function operationsOf(plans: readonly Plan[]): Operation[] {
	const operations: Operation[] = [];
	for (const plan of plans) {
		if (plan.type === 'write' || plan.type === 'read') operations.push(plan.operation);
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
	session: Session,
): void {
	let offset = 0;
	for (const plan of plans) {
		const mark = session.replyMode === 'on' ? undefined : out.mark();
		offset = replyTo(plan, settled, offset, {cluster, out, session});
		// Looked at afterwards: CLIENT REPLY ON turns the replies on before its own.
		if (mark !== undefined && isMuted(session)) out.takeBack(mark);
		if (session.replyMode === 'skip') session.replyMode = 'on';
		else if (session.replyMode === 'skipNext') session.replyMode = 'skip';
	}
}

const isMuted = ({replyMode}: Session): boolean => replyMode === 'off' || replyMode === 'skip';

interface Conversation {
	readonly cluster: ClusterInfo;
	readonly out: ReplyWriter;
	readonly session: Session;
}

/** Returns the offset of the first operation of the next plan. */
function replyTo(
	plan: Plan,
	settled: readonly Settled[],
	offset: number,
	{cluster, out, session}: Conversation,
): number {
	switch (plan.type) {
		case 'write':
		case 'read':
			replyToOne(plan, settled[offset], out, session);
			return offset + 1;
		case 'readMany': {
			const end = offset + plan.operations.length;
			replyToMany(plan, settled.slice(offset, end), out);
			return end;
		}
		case 'report':
			plan.reply(out, session, cluster);
			return offset;
		case 'local':
			plan.reply(out, session);
			return offset;
		case 'close':
			plan.reply(out);
			return offset;
		default:
			return unreachable(plan);
	}
}

function replyToOne(
	plan: Extract<Plan, {type: 'read' | 'write'}>,
	settled: Settled | undefined,
	out: ReplyWriter,
	session: Session,
): void {
	assert(settled !== undefined, 'a run is answered when all of it is settled');
	const invalid = settled instanceof Failure ? undefined : invalidPart(settled);
	if (settled instanceof Failure) out.error(failureText(settled, plan.type));
	else if (invalid !== undefined) out.error(invalidText(invalid, session.gateway.limits));
	else plan.reply(out, settled);
}

function replyToMany(plan: Extract<Plan, {type: 'readMany'}>, settled: readonly Settled[], out: ReplyWriter): void {
	const results: Result[] = [];
	for (const each of settled) {
		if (each instanceof Failure) {
			out.error(failureText(each, 'read'));
			return;
		}
		results.push(each);
	}
	plan.reply(out, results);
}
