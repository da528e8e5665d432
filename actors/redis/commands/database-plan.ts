import {isRead} from '../../../src/kv/operation-bytes.js';
import {readInDatabase, writeInDatabase} from '../../../src/kv/in-database.js';
import type {DatabaseNumber, Operation} from '../../../src/kv/types.js';
import type {Plan} from './command.js';

/** A plan for database 0, carried out in another one. */
export function planInDatabase(plan: Plan, database: DatabaseNumber): Plan {
	switch (plan.type) {
		case 'write':
			return {...plan, operation: writeInDatabase(plan.operation, database)};
		case 'read':
			return {...plan, operation: readInDatabase(plan.operation, database)};
		case 'readMany':
			return {...plan, operations: plan.operations.map(operation => readInDatabase(operation, database))};
		case 'walk': {
			const inDatabase = (operation: Operation): Operation =>
				isRead(operation) ? readInDatabase(operation, database) : writeInDatabase(operation, database);
			return {
				...plan,
				first: plan.first.map(inDatabase),
				take: results => plan.take(results)?.map(inDatabase),
			};
		}
		case 'local':
		case 'report':
		case 'transaction':
		case 'close':
			return plan;
		default:
			return plan satisfies never;
	}
}
