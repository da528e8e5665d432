/** Numbers of databases in the words of commands. */
import {int64OfText} from '../../base/int64.js';
import {isDatabase} from '../database-name.js';
import type {ByteString, DatabaseNumber} from '../types.js';

export const outOfRange = 'ERR DB index is out of range';
const int32Max = 2n ** 31n - 1n;
const isInt32 = (number: bigint): boolean => number <= int32Max && number >= -int32Max - 1n;

/** Of SELECT, MOVE and COPY; or why Redis refuses it. */
export function databaseNumberOf(word: ByteString): DatabaseNumber | string {
	const number = int64OfText(word);
	if (number === undefined) return 'ERR value is not an integer or out of range';
	if (!isInt32(number)) return 'ERR value is out of range, value must between -2147483648 and 2147483647';
	return isDatabase(Number(number)) ? Number(number) : outOfRange;
}

/** Of SWAPDB, or why Redis refuses them. */
export function databasesOf(words: readonly ByteString[]): readonly [DatabaseNumber, DatabaseNumber] | string {
	const [one, other] = words.map(word => int64OfText(word));
	if (one === undefined || !isInt32(one)) return 'ERR invalid first DB index';
	if (other === undefined || !isInt32(other)) return 'ERR invalid second DB index';
	const numbers = [Number(one), Number(other)] as const;
	return numbers.every(number => isDatabase(number)) ? numbers : outOfRange;
}
