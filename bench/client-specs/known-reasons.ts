/** Why specs of a client cannot be ok, where the reply does not say it by itself. */
import type {KnownReason} from '../redis-suite/known-reasons.js';

interface KnownSpecs extends KnownReason {
	/** Of the names of the tests. */
	readonly tests: RegExp;
}

const absent = (reason: string, tests: RegExp): KnownSpecs => ({kind: 'absent', reason, tests});
const different = (reason: string, tests: RegExp): KnownSpecs => ({kind: 'different', reason, tests});

const acknowledged = 'a write is answered when a majority holds it, so WAIT tells one of three nodes';

const known: Readonly<Record<string, readonly KnownSpecs[]>> = {
	ioredis: [
		absent('BLPOP', /^client \(.*\) UNBLOCK unblocks/),
		absent('BLPOP', /^connection autoResendUnfulfilledCommands should resend unfulfilled commands to the correct db/),
		absent('CLIENT TRACKING', /^client \(.*\) (?:TRACKING (?:REDIRECT|ON)|CACHING)/),
		absent('SADD', /^reconnectOnError should (?:reconnect and retry|select the currect database|work with pipeline)/),
		absent(
			'LPUSH',
			/^(?:pipeline should support key prefixing|transaction should handle runtime errors|.*scanStream should recognize `TYPE`)/,
		),
		absent('HSET', /^tracing ioredis:command should not cause unhandled rejections|^transformer .* h(?:set|getall) /),
		absent('HSET', /^transaction transformer should trigger transformer/),
		different('there is a limit of memory', /^config \(.*\) GET returns the requested parameter/),
		different(acknowledged, /^wait \(/),
		different(
			'MONITOR shows what the port takes in: the script, not what each replica does for it',
			/^scripting should (?:try to use EVALSHA|load scripts first)/,
		),
	],
	'node-redis': [
		absent('HGETALL', /^Client multi should handle error replies/),
		different(acknowledged, /^WAIT client/),
	],
};

/** For tests of these names. */
export function knownReasonsOf(suite: string, names: readonly string[]): Readonly<Record<string, KnownReason>> {
	const pairs = names.flatMap(name => {
		const found = known[suite]?.find(({tests}) => tests.test(name));
		return found === undefined ? [] : [[name, {kind: found.kind, reason: found.reason}] as const];
	});
	return Object.fromEntries(pairs);
}
