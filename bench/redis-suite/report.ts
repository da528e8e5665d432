/** The answer of `npm run redis-suite`: a table, and below it each test that is not ok here, with the reason. */
import type {FailureKind, UnitJudgement} from './judge.js';

const kinds: readonly FailureKind[] = ['absent', 'different', 'fault'];
const titles: Readonly<Record<FailureKind, string>> = {
	absent: 'Wants a command that the port does not offer',
	different: 'Other on purpose',
	fault: 'Faults',
};

export function reportOf(judgements: readonly UnitJudgement[]): string {
	const head = ['unit', 'tests', 'ok at Redis', 'ok here', 'wants a command not offered', 'other on purpose', 'fault'];
	const rows = judgements.map(judgement => [judgement.unit, ...figuresOf(judgement)]);
	const sums = head.slice(1).map((_, column) => rows.reduce((sum, row) => sum + Number(row[column + 1]), 0));
	const lines = [head, ['---', ...sums.map(() => '---:')], ...rows, ['all', ...sums]];
	const table = lines.map(line => `| ${line.join(' | ')} |`).join('\n');
	return [
		table,
		'',
		sentenceOf(judgements),
		'',
		...kinds.map(kind => listOf(kind, judgements)),
		refusedOutside(judgements),
	].join('\n');
}

/** What counts: the tests that want nothing else. */
function sentenceOf(judgements: readonly UnitJudgement[]): string {
	const ok = judgements.reduce((sum, {okHere}) => sum + okHere, 0);
	const others = judgements.flatMap(({failures}) => failures.filter(({kind}) => kind !== 'absent')).length;
	return `Of ${ok + others} tests that want no command beyond those offered, ${ok} are ok.`;
}

const figuresOf = ({tests, okAtRedis, okHere, failures}: UnitJudgement): readonly number[] => [
	tests,
	okAtRedis,
	okHere,
	...kinds.map(kind => failures.filter(failure => failure.kind === kind).length),
];

function listOf(kind: FailureKind, judgements: readonly UnitJudgement[]): string {
	const lines = judgements.flatMap(({unit, failures}) => {
		const ofKind = failures.filter(failure => failure.kind === kind);
		const reasons = [...new Set(ofKind.map(({reason}) => reason))];
		return reasons.map(reason => {
			const names = ofKind.filter(failure => failure.reason === reason).map(({name}) => `"${name}"`);
			return `- ${unit}, ${reason}: ${names.join(', ')}`;
		});
	});
	return `## ${titles[kind]}\n\n${lines.length === 0 ? 'None.' : lines.join('\n')}\n`;
}

function refusedOutside(judgements: readonly UnitJudgement[]): string {
	const lines = judgements.flatMap(({unit, refused}) => refused.map(remark => `- ${unit}: ${remark}`));
	return `## Refused outside of tests\n\nThe tests behind it ran all the same.\n\n${lines.length === 0 ? 'None.' : lines.join('\n')}\n`;
}
