/** What is asked of database 0, asked of another one. */
import {keyInDatabase} from './database-name.js';
import type {Compare, DatabaseNumber, NamedOperation, Operation, Part, ReadOperation} from './types.js';

type Of<Type extends Operation['type']> = Extract<Operation, {type: Type}>;

/** `changes` and leases stay as they are. */
export function readInDatabase(operation: ReadOperation, database: DatabaseNumber): ReadOperation {
	switch (operation.type) {
		case 'get':
			return {...operation, key: keyInDatabase(database, operation.key)};
		case 'scan':
			return {...operation, prefix: keyInDatabase(database, operation.prefix ?? '')};
		case 'count':
			return operation.database === 'all' ? operation : {...operation, database};
		case 'getLease':
		case 'changes':
			return operation;
		default:
			return operation satisfies never;
	}
}

export function writeInDatabase<T extends Exclude<NamedOperation, {type: 'get'}>>(
	operation: T,
	database: DatabaseNumber,
): T;
export function writeInDatabase(
	operation: Exclude<NamedOperation, {type: 'get'}>,
	database: DatabaseNumber,
): NamedOperation {
	switch (operation.type) {
		case 'batch':
			return {...operation, operations: partsInDatabase(operation.operations, database)};
		case 'transaction':
			return transactionInDatabase(operation, database);
		case 'lease':
		case 'keepChanges':
			return operation;
		default:
			return partInDatabase(operation, database);
	}
}

function partInDatabase(part: Part, database: DatabaseNumber): Part {
	switch (part.type) {
		case 'clear':
			return part.database === 'all' ? part : {...part, database};
		case 'script':
			return {...part, database};
		case 'edit':
			return {...part, keys: part.keys.map(key => keyInDatabase(database, key))};
		default:
			return {...part, key: keyInDatabase(database, part.key)};
	}
}

const partsInDatabase = (parts: readonly Part[], database: DatabaseNumber): readonly Part[] =>
	parts.map(part => partInDatabase(part, database));

function transactionInDatabase(operation: Of<'transaction'>, database: DatabaseNumber): Of<'transaction'> {
	const {compares, operations, otherwise, watched} = operation;
	return {
		...operation,
		compares: compares.map((compare): Compare => ({
			key: keyInDatabase(database, compare.key),
			expected: compare.expected,
			isNegated: compare.isNegated,
		})),
		operations: partsInDatabase(operations, database),
		otherwise: otherwise && partsInDatabase(otherwise, database),
		watched: watched?.map(key => keyInDatabase(database, key)),
	};
}
