/** Planted in what operations mean, in what sessions keep, and in the limits of servers and clerks: alike on every replica. */
import {plant, type Mutant} from './mutant.js';

const machine = 'service/replicated-state';
const operations = 'kv/operations';
const sessions = 'service/sessions';
const snapshot = 'service/snapshot';
const admission = 'service/server/admission';
const sender = 'service/clerk/sender';

const notKept = (type: string): string =>
	`if (result.type !== 'result' || result.result.type !== '${type}') this.#sessions.keep(session, sequence, result);`;

const keptResults: readonly Mutant[] = [
	plant(
		'increment-result-not-kept',
		'the result of an increment is not kept, so that a retry adds again',
		'dissertation §6.3',
		machine,
		'this.#sessions.keep(session, sequence, result);',
		notKept('number'),
	),
	plant(
		'refusal-not-kept',
		'that a compare-and-set was refused is not kept, so that a retry compares again',
		'dissertation §6.3',
		machine,
		'this.#sessions.keep(session, sequence, result);',
		notKept('conditionFailed'),
	),
	plant(
		'delete-result-not-kept',
		'the result of a delete is not kept, so that a retry deletes what was written since',
		'dissertation §6.3',
		machine,
		'this.#sessions.keep(session, sequence, result);',
		notKept('deleted'),
	),
	plant(
		'invalid-not-kept',
		'that an operation could not be carried out is not kept, so that a retry may carry it out',
		'dissertation §6.3',
		machine,
		'this.#sessions.keep(session, sequence, result);',
		notKept('invalid'),
	),
	plant(
		'previous-not-kept',
		'a kept result loses the value that was there before',
		'dissertation §6.3',
		machine,
		'if (known !== undefined) return known;',
		"if (known !== undefined) return known.result?.type === 'written' ? { type: 'result', result: { ...known.result, previous: undefined } } : known;",
	),
	plant(
		'one-result-too-many-forgotten',
		'an acknowledgement forgets one result too many',
		'dissertation §6.3',
		sessions,
		'if (acknowledged >= session.lastSequence) {',
		'if (acknowledged + 1 >= session.lastSequence) {',
	),
];

const limits: readonly Mutant[] = [
	plant(
		'result-count-unlimited',
		'a session keeps any number of results',
		'dissertation §6.3; limits in general',
		sessions,
		'session.results.size >= sessionResultsMax ||',
		'session.results.size >= Math.max(sessionResultsMax, 4096) ||',
	),
	plant(
		'result-bytes-unlimited',
		'a session keeps any number of bytes of results',
		'limits in general',
		sessions,
		'|| session.resultBytes >= sessionResultBytesMax',
		'|| session.resultBytes >= sessionResultBytesMax * 1e6',
	),
	plant(
		'refusal-weighs-nothing',
		'a refused compare-and-set counts for nothing in its session',
		'limits in general',
		'kv/words',
		"case 'conditionFailed':",
		"case 'conditionFailed': if (result.type === 'conditionFailed') return 0;",
	),
	plant(
		'session-never-expires',
		'a silent session stays for ever',
		'lni/dragonboat (LRU of sessions)',
		sessions,
		'if (lastActive + this.#limits.sessionTimeoutMs > this.#logTime)',
		'if (lastActive + this.#limits.sessionTimeoutMs * 1e3 > this.#logTime)',
	),
	plant(
		'session-never-evicted',
		'any number of sessions is kept',
		'lni/dragonboat (LRU of sessions)',
		sessions,
		'if (this.#sessions.size >= this.#limits.sessionsMax)',
		'if (this.#sessions.size >= this.#limits.sessionsMax * 1000)',
	),
	plant(
		'busy-session-evicted',
		'a session that is used stays where it was in the order of silence',
		'LRU in general',
		sessions,
		'if (session !== this.#latest)',
		'if (known !== session)',
	),
	plant(
		'log-time-goes-back',
		'a new leader that has seen less time takes log time back',
		'dissertation §6.3',
		sessions,
		'this.#logTime = Math.max(this.#logTime, logTime);',
		'this.#logTime = logTime;',
	),
	plant(
		'command-size-unlimited',
		'a server takes commands of any size',
		'etcd-io/etcd#9360 (request size limit)',
		admission,
		'if (bytes.length > limits.commandBytesMax)',
		'if (bytes.length > limits.commandBytesMax * 1e6)',
	),
	plant(
		'operations-of-command-unlimited',
		'a server takes any number of operations in one request',
		'limits in general',
		admission,
		'if (command.writes.length > limits.requestOperationsMax)',
		'if (limits.requestOperationsMax < 0)',
	),
	plant(
		'read-answer-unlimited',
		'a server answers reads with any number of bytes',
		'limits in general',
		'service/server/read-path',
		'if (bytes > this.#limits.readBytesMax)',
		'if (bytes > this.#limits.readBytesMax * 1e6)',
	),
	plant(
		'waiting-requests-unlimited',
		'a server lets any number of requests wait',
		'backpressure in general',
		'service/server/open-requests',
		'this.#waiting.size < this.#limits.pendingRequestsMax &&',
		'',
	),
	plant(
		'waiting-bytes-unlimited',
		'a server lets requests of any number of bytes wait',
		'backpressure in general',
		'service/server/open-requests',
		'&& this.#bytes + byteLength <= this.#limits.pendingBytesMax',
		'',
	),
	plant(
		'batch-unlimited',
		'a clerk sends any number of operations in one request',
		'limits in general',
		sender,
		'while (tasks.length < batchOperationsMax) {',
		'while (tasks.length < batchOperationsMax * 1000) {',
	),
	plant(
		'window-one-too-wide',
		'a clerk has one write more on its way than its window allows',
		'limits in general',
		sender,
		'if (session.span >= windowMax)',
		'if (session.span > windowMax)',
	),
	plant(
		'value-limit-of-part',
		'an append is measured by what it adds, not by what becomes of it',
		'redis/redis#proto-max-bulk-len',
		operations,
		'if (length > execution.valueBytesMax) {',
		'if (value.length > execution.valueBytesMax) {',
	),
];

const meanings: readonly Mutant[] = [
	plant(
		'conditions-swapped',
		'"if absent" writes where there is something, and "if present" where there is not',
		'redis SET NX, XX',
		operations,
		"if (condition === 'absent') return current === undefined; if (condition === 'present') return current !== undefined;",
		"if (condition === 'absent') return current !== undefined; if (condition === 'present') return current === undefined;",
	),
	plant(
		'condition-flags-swapped',
		'the two conditions of a put are swapped where a command is read',
		'redis SET NX, XX',
		'kv/operation-codec',
		"return (flags & ifAbsent) > 0 ? 'absent' : (flags & ifPresent) > 0 ? 'present' : undefined;",
		"return (flags & ifAbsent) > 0 ? 'present' : (flags & ifPresent) > 0 ? 'absent' : undefined;",
	),
	plant(
		'previous-only-if-unconditional',
		'a put with a condition does not give the previous value',
		'redis SET XX GET',
		operations,
		'const previous = returnPrevious === true && current !== undefined',
		'const previous = returnPrevious === true && condition === undefined && current !== undefined',
	),
	plant(
		'previous-is-the-new-one',
		'a put gives the value that it wrote for the one that was there',
		'redis SET GET',
		operations,
		'? copyOf(current.value) : undefined; const until',
		'? copyOf(value) : undefined; const until',
	),
	plant(
		'version-of-absent-refused',
		'a compare-and-set from version 0 is refused where there is no key',
		'etcd (create if mod revision is 0)',
		operations,
		'return (current?.version ?? 0) === expected.version;',
		'return current?.version === expected.version;',
	),
	plant(
		'older-version-accepted',
		'a compare-and-set by version takes any version that is not newer',
		'etcd (compare of mod revision)',
		operations,
		'return (current?.version ?? 0) === expected.version;',
		'return current === undefined ? expected.version === 0 : expected.version > 0 && current.version - expected.version <= 1;',
	),
	plant(
		'values-compared-by-length',
		'a compare-and-set by value compares the first bytes only',
		'comparison in general',
		operations,
		'return one === undefined || one.every((byte, offset) => byte === other?.[offset]);',
		'return one === undefined || one.every((byte, offset) => offset > 3 || byte === other?.[offset]);',
	),
	plant(
		'increment-wraps-around',
		'an increment beyond 64 bits wraps around',
		'redis INCR (overflow)',
		operations,
		"if (!isInt64(sum)) return { type: 'invalid', reason: 'numberOverflow', version: unchanged };",
		"if (!isInt64(sum)) return { type: 'number', value: BigInt.asIntN(64, sum), version: unchanged };",
	),
	plant(
		'word-counts-as-zero',
		'an increment of what is no number counts from 0',
		'redis INCR',
		operations,
		"if (number === undefined) return { type: 'invalid', reason: 'notANumber', version: unchanged };",
		"if (number === undefined) { store.set(key, Uint8Array.from(by.toString(), digit => digit.charCodeAt(0)), version); return { type: 'number', value: by, version }; }",
	),
	plant(
		'clear-forgets-a-shard',
		'a clear leaves what is in the first of the shards',
		'redis FLUSHALL',
		'kv/database',
		'this.#shards = new Array(shardCount).fill(undefined);',
		'this.#shards = this.#shards.map((shard, place) => (place < 32 ? shard : undefined));',
	),
	plant(
		'delete-always-finds',
		'a delete says that there was something',
		'redis DEL',
		operations,
		"return { type: 'deleted', existed: erase(execution, key, 'del'), version };",
		"erase(execution, key, 'del'); return { type: 'deleted', existed: true, version };",
	),
	plant(
		'batch-ends-with-refusal',
		'what follows a refused part of a batch is not run',
		'etcd transactions; redis MULTI',
		operations,
		"return { type: 'batch', results: operation.operations.map(part => execute(execution, part)) };",
		"{ let isOver = false; return { type: 'batch', results: operation.operations.map(part => { if (isOver) return { type: 'invalid', reason: 'malformed', version: 0 }; const result = execute(execution, part); isOver = result.type === 'conditionFailed'; return result; }) }; }",
	),
	plant(
		'answers-shift-after-cancel',
		'of reads that are answered together, those behind a cancelled one get the answer of the next',
		'tikv/tikv#4071 (replies mixed up)',
		'service/server/read-batches',
		'replies.push(reply);',
		'if (reply !== undefined) replies.push(reply);',
	),
	plant(
		'unknown-told-as-not-run',
		'a clerk that gives a write up says that it was not run',
		'hashicorp/raft#561',
		'service/clerk/task',
		"return operation.type === 'write' && (mayHaveRun || attempt !== undefined) ? 'unknown' : 'notExecuted';",
		"return operation.type === 'write' && mayHaveRun && attempt !== undefined ? 'unknown' : 'notExecuted';",
	),
];

const snapshots: readonly Mutant[] = [
	plant(
		'snapshot-forgets-acknowledged',
		'a snapshot does not tell which results a session has acknowledged',
		'atomix/copycat#70',
		snapshot,
		'yield [sessionFrame, id, lastActive, acknowledged, lastSequence];',
		'yield [sessionFrame, id, lastActive, 0, lastSequence];',
	),
	plant(
		'snapshot-forgets-last-use',
		'a snapshot does not tell when a session was last used',
		'atomix#330',
		snapshot,
		'yield [sessionFrame, id, lastActive, acknowledged, lastSequence];',
		'yield [sessionFrame, id, 0, acknowledged, lastSequence];',
	),
	plant(
		'snapshot-forgets-log-time',
		'a snapshot does not tell the log time',
		'atomix#341',
		snapshot,
		'this.#sessions.restoreLogTime(logTime);',
		'',
	),
	plant(
		'snapshot-forgets-kept-bytes',
		'a session that comes from a snapshot counts its kept results anew from nothing',
		'limits in general',
		snapshot,
		'this.#sessions.keep(this.#session, sequence, kept);',
		'{ const { resultBytes } = this.#session; this.#sessions.keep(this.#session, sequence, kept); this.#session.resultBytes = resultBytes; }',
	),
];

const terms: readonly Mutant[] = [
	plant(
		'term-of-32-bits',
		'a term is sent with 32 bits of it',
		'numbers in general',
		'raft/codec',
		'view.setUint16(offset + 9, Math.floor(term / twoTo32), true);',
		'view.setUint16(offset + 9, 0, true);',
	),
];

export const meaningMutants: readonly Mutant[] = [...keptResults, ...limits, ...meanings, ...snapshots, ...terms];
