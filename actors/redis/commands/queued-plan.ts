import {isRead} from '../../../src/kv/operation-bytes.js';
import type {NamedOperation, Operation, Result} from '../../../src/kv/types.js';
import {assert} from '../../../src/base/errors.js';
import type {Conversation, Queued} from '../queued-transaction.js';
import {loggedGet} from '../run.js';
import type {Plan} from './command.js';
import {invalidPart, invalidText} from './failures.js';

/** The plan of a command as a transaction keeps it. */
export function queuedOf(plan: Plan): Queued {
	return {
		operations: operationsIn(plan),
		reports: plan.type === 'report',
		reply: (results, conversation) => reply(plan, results, conversation),
	};
}

function operationsIn(plan: Plan): readonly NamedOperation[] {
	if (plan.type === 'write' || plan.type === 'read') return [named(plan.operation)];
	return plan.type === 'readMany' ? plan.operations.map(operation => named(operation)) : [];
}

function named(operation: Operation): NamedOperation {
	assert(operation.type === 'get' || !isRead(operation), 'commands that read all keys are never queued');
	return operation.type === 'get' ? loggedGet(operation) : operation;
}

function reply(plan: Plan, results: readonly Result[], {out, clientState, cluster}: Conversation): void {
	switch (plan.type) {
		case 'local':
			return plan.reply(out, clientState);
		case 'report':
			return plan.reply(out, clientState, cluster);
		case 'write':
		case 'read':
		case 'readMany': {
			const invalid = results.map(result => invalidPart(result)).find(each => each !== undefined);
			if (invalid !== undefined) return out.error(invalidText(invalid, clientState.gateway.limits));
			if (plan.type !== 'readMany') return plan.reply(out, results[0] as Result, clientState);
			plan.reply.begin(out, results.length);
			for (const result of results) plan.reply.each(out, result);
			return plan.reply.end(out);
		}
		case 'close':
		case 'transaction':
		case 'walk':
			return assert(false, 'QUIT and EXEC are carried out at once, and what reads all keys is never queued');
		default:
			return plan satisfies never;
	}
}
