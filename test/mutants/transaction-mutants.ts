/** Planted in transactions: where they compare, what they leave half done, and what a retry does. */
import {plant, type Mutant} from './mutant.js';

const operations = 'kv/operations';

const compared = `const holds = machine.read({ type: 'get', key });
	const is = 'version' in expected ? holds.version === expected.version : String(holds.value) === String(expected.value);
	return is !== (isNegated ?? false);`;

export const transactionMutants: readonly Mutant[] = [
	plant(
		'transaction-compared-by-leader',
		'the leader compares a transaction when it proposes it, before what is on its way has been applied',
		'optimistic concurrency control: what is validated before its order is known (Kung and Robinson 1981)',
		'service/server/write-path',
		'const { machine } = this.#state;',
		`const { machine } = this.#state;
		if (command.type === 'writes' && command.writes.some(({ write }) => write?.type === 'transaction')) {
			const writes = command.writes.map(numbered => {
				if (numbered.write?.type !== 'transaction') return numbered;
				const isMet = numbered.write.compares.every(({ key, expected, isNegated }) => { ${compared} });
				return isMet ? { ...numbered, write: { ...numbered.write, compares: [] } } : numbered;
			});
			const early = { ...command, writes };
			return { command: early, bytes: this.#commands.encodeCommand(early) };
		}`,
	),
	plant(
		'transaction-compares-a-stale-read',
		'a transaction takes a version that was replaced a moment ago for the one that is there',
		'a compare on what a lagging replica shows',
		operations,
		'matches(store.get(key), expected) !== isNegated',
		"(matches(store.get(key), expected) || ('version' in expected && (store.get(key)?.version ?? 0) < expected.version + 100)) !== isNegated",
	),
	plant(
		'transaction-ends-with-failure',
		'behind a part of a transaction that fails, those that can bring a value are not run: it is half applied',
		'Redis: errors inside EXEC do not stop the commands that follow',
		operations,
		'bytes += bytesOfResult(result); return result;',
		`bytes += bytesOfResult(result);
		if (result.type === 'conditionFailed' || result.type === 'invalid') bytes = Infinity;
		return result;`,
	),
	plant(
		'transaction-result-not-kept',
		'the result of a transaction is not kept, so that a retry runs it again',
		'dissertation §6.3; an EXEC whose answer was lost',
		'service/replicated-state',
		'this.#sessions.keep(session, sequence, result);',
		"if (result.type !== 'result' || result.result.type !== 'transaction') this.#sessions.keep(session, sequence, result);",
	),
	plant(
		'absent-again-is-absent-since',
		'of a key that was absent when it was watched only its absence is asked for, so one that was made and deleted since goes unseen',
		'the ABA problem (IBM System/370, compare and swap)',
		'kv/database',
		'return this.get(key) === undefined && this.watchedKeys.isUnchangedSince(key, version);',
		'return this.get(key) === undefined;',
	),
	plant(
		'watched-keys-not-in-snapshot',
		'a snapshot does not say which keys are watched: what the replica that reads it says to an EXEC differs from the others',
		'dissertation §5.1 (all that replies depend on is part of a snapshot)',
		'kv/state-machine',
		'yield* watchedFramesOf(store, bytesMax);',
		'',
	),
];
