/** Why a test of the suite that is ok at Redis is not ok here: what it wants is not offered, is other on purpose, or is a fault. */
import {type KnownReason, knownReasons} from './known-reasons.js';
import type {TestReport, UnitReport} from './unit-run.js';

/**
 * - `absent`: it wants a command that the port does not offer and was not asked to.
 * - `different`: it sees something that is other on purpose, as docs/redis-port.md says.
 * - `fault`: it ought to be ok.
 */
export type FailureKind = 'absent' | 'different' | 'fault';

export interface Failure {
	readonly name: string;
	readonly kind: FailureKind;
	readonly reason: string;
}

export interface UnitJudgement {
	readonly unit: string;
	/** Tests that ran at Redis. */
	readonly tests: number;
	readonly okAtRedis: number;
	/** Of those that are ok at Redis. */
	readonly okHere: number;
	readonly failures: readonly Failure[];
	/** What is refused here outside of tests: settings, mostly. */
	readonly refused: readonly string[];
	/** Known reasons of tests that are ok: they can go. */
	readonly outdated: readonly string[];
}

/** What the port is to offer of Redis 7.0, beside what it offers: that a test misses one of these is a fault. */
const promised = new Set(
	(
		'set setex psetex getex getdel ttl pttl expire pexpire expireat pexpireat expiretime pexpiretime persist multi exec discard watch unwatch ' +
		'scan keys dbsize randomkey type touch unlink rename renamenx copy move swapdb setrange incrbyfloat msetnx substr setbit getbit bitcount bitpos bitop ' +
		'bitfield bitfield_ro wait object memory select flushdb flushall eval evalsha eval_ro evalsha_ro script subscribe psubscribe publish pubsub ' +
		'client command info monitor slowlog auth hello ping echo quit reset'
	).split(' '),
);

const unknownCommand = /unknown command '([^']+)'/i;
const unknownSubcommand = /unknown subcommand '([^']+)'\. Try (\w+) HELP/i;
/** Of the settings that Redis changes while it runs, the port was asked for those of notifications. */
const fixedSetting =
	/(?:arguments for CONFIG SET - |argument )'(?!notify-keyspace-events)([\w-]+)'(?:\) - it cannot be changed here|(?!\)))/;

/** `known`: by the name of a test, why it is not ok here. */
export function judgeUnit(
	unit: string,
	redis: UnitReport,
	here: UnitReport,
	known: Readonly<Record<string, KnownReason>> = knownReasons[unit] ?? {},
): UnitJudgement {
	const reports = new Map(here.tests.map(test => [test.name, test]));
	const wanted = redis.tests.filter(({verdict}) => verdict === 'ok');
	const failures = wanted.flatMap(({name}) => {
		const report = reports.get(name);
		return report?.verdict === 'ok' ? [] : [failureOf(name, report, known[name])];
	});
	const failed = new Set(failures.map(({name}) => name));
	return {
		unit,
		tests: redis.tests.length,
		okAtRedis: wanted.length,
		okHere: wanted.length - failures.length,
		failures,
		refused: [...new Set(here.remarks.map(remark => remark.slice(0, 120)))],
		outdated: Object.keys(known).filter(name => !failed.has(name)),
	};
}

function failureOf(name: string, report: TestReport | undefined, known: KnownReason | undefined): Failure {
	const missing = report === undefined ? undefined : missingCommand(report.details);
	if (missing !== undefined) return {name, kind: 'absent', reason: missing};
	if (known !== undefined) return {name, ...known};
	if (report === undefined) return {name, kind: 'fault', reason: 'it was not reached'};
	return {name, kind: 'fault', reason: firstLines(report)};
}

/** The command that Redis has, the port has not, and nobody promised. */
function missingCommand(details: string): string | undefined {
	const [, subcommand, container] = unknownSubcommand.exec(details) ?? [];
	if (subcommand !== undefined) return `${container} ${subcommand}`.toUpperCase();
	const [, setting] = fixedSetting.exec(details) ?? [];
	if (setting !== undefined) return `CONFIG SET ${setting}`;
	const [, command] = unknownCommand.exec(details) ?? [];
	return command === undefined || promised.has(command.toLowerCase()) ? undefined : command.toUpperCase();
}

function firstLines({verdict, details}: TestReport): string {
	if (verdict === 'hung') return 'no verdict in time';
	const [, ...lines] = details.split('\n');
	return lines.join(' ').slice(0, 160);
}
