/** LCS: what two values have in common, found at the port. */
import type {Result, Value} from '../../../src/kv/types.js';
import {parseInt64} from '../int64.js';
import {commonCellsMax, LongestCommon} from '../longest-common.js';
import type {ReplyWriter} from '../reply-writer.js';
import {
	type RedisCommand,
	expectResult,
	keyAt,
	notAnInteger,
	partAt,
	type Plan,
	refuse,
	syntaxError,
	textAt,
} from './command.js';

interface LcsOptions {
	readonly isLength: boolean;
	readonly isIndexes: boolean;
	readonly hasLengths: boolean;
	readonly lengthMin: bigint;
}

/** Those behind the keys, or the error that they are. */
function lcsOptions(parts: readonly Buffer[]): LcsOptions | string {
	const given = new Set<string>();
	let lengthMin = 0n;
	for (let at = 3; at < parts.length; at += 1) {
		const option = textAt(parts, at).toLowerCase();
		if (option === 'minmatchlen' && at + 1 < parts.length) {
			at += 1;
			const asked = parseInt64(partAt(parts, at));
			if (asked === undefined) return notAnInteger;
			lengthMin = asked;
		} else if (!['len', 'idx', 'withmatchlen'].includes(option)) return syntaxError;
		given.add(option);
	}
	const [isLength, isIndexes] = [given.has('len'), given.has('idx')];
	if (isLength && isIndexes) return 'ERR If you want both the length and indexes, please just use IDX.';
	return {isLength, isIndexes, hasLengths: given.has('withmatchlen'), lengthMin};
}

const tooLong = `ERR LCS of values whose lengths multiply to more than ${commonCellsMax} is not supported`;
const nothing = new Uint8Array(0);

function planLcs(parts: readonly Buffer[]): Plan {
	const options = lcsOptions(parts);
	if (typeof options === 'string') return refuse(options);
	const values: Value[] = [];
	const operations = [1, 2].map(at => ({type: 'get', key: keyAt(parts, at)}) as const);
	return {
		type: 'readMany',
		operations,
		reply: {
			begin: () => undefined,
			each: (_, result: Result) => void values.push(expectResult(result, 'value').value ?? nothing),
			end(out) {
				const [first = nothing, second = nothing] = values;
				const common = LongestCommon.of(first, second);
				if (common === undefined) out.error(tooLong);
				else replyCommon(out, common, options);
			},
		},
	};
}

function replyCommon(
	out: ReplyWriter,
	common: LongestCommon,
	{isLength, isIndexes, hasLengths, lengthMin}: LcsOptions,
): void {
	if (isLength) return out.integer(common.length);
	if (!isIndexes) return out.value(common.value());
	const pieces = common.pieces().filter(({length}) => length >= lengthMin);
	out.map(2);
	out.bulk('matches');
	out.array(pieces.length);
	for (const {first, second, length} of pieces) {
		out.array(hasLengths ? 3 : 2);
		for (const range of [first, second]) {
			out.array(2);
			for (const offset of range) out.integer(offset);
		}
		if (hasLengths) out.integer(length);
	}
	out.bulk('len');
	out.integer(common.length);
}

export const lcsCommand: RedisCommand = {
	name: 'lcs',
	arity: -3,
	flags: ['readonly'],
	group: 'string',
	keys: {first: 1, last: 2, step: 1},
	since: '7.0.0',
	summary: 'Find the longest common subsequence of two values',
	plan: planLcs,
};
