/** Any fault as data, and many of them drawn from a seed. */
import {randomInt} from 'node:crypto';
import {chaosKinds} from '../../chaos/chaos.js';
import {checkFault} from '../../../src/faults/check-fault.js';
import {FaultError} from '../../../src/faults/fault-error.js';
import {faultOfWords} from '../../../src/faults/fault-text.js';
import {describeFault, type Fault} from '../../../src/faults/faults.js';
import {chaosText, drawnText, faultEventText, lineOfEvent} from '../chaos-text.js';
import {type Command, type CommandContext, defineCommand} from '../command.js';
import type {CommandArguments} from '../command-arguments.js';
import {timeDetails} from './phrases.js';

/** A seed is of 32 bits. */
const seedEnd = 2 ** 32;

interface ChaosRequest {
	readonly durationMs: number;
	readonly seed: number;
}

interface InjectRequest {
	readonly name: string;
	/** `undefined`: it is over. */
	readonly fault: Fault | undefined;
}

export const chaosCommands: readonly Command[] = [
	defineCommand<ChaosRequest>({
		name: 'chaos',
		usage: 'chaos TIME [SEED]',
		summary: 'break the cluster in ways drawn from a seed, and heal all of it',
		details: [
			'Each fault is told as it is set and as it is over. The same seed, time and number of nodes give the same faults. A load that runs meanwhile is judged by "load stop".',
			`It draws what Raft promises to survive, and damages no stored data: ${chaosKinds.join(', ')}. Each seed takes some of these.`,
			...timeDetails,
		],
		example: 'chaos 20s 42',
		waitsFor: 'faults come and go until its time is over',
		topic: 'nemesis',
		completions: [],
		// A recording takes each fault, with its time.
		isRecorded: false,
		deadlineMs: 'none',
		concludes: true,
		parse: words => ({durationMs: words.durationMs(), seed: words.optionalSeed() ?? randomInt(seedEnd)}),
		run: carryOutChaos,
	}),
	defineCommand<InjectRequest>({
		name: 'inject',
		usage: 'inject ID KIND FIELD=VALUE... | inject ID off',
		summary: 'set any fault as data under a name, or end it',
		details: [
			'As chaos draws and "record" writes them: inject slow-link delay links.from=node:0 links.to=nodes delay.type=fixed delay.ms=50. docs/library.md has the kinds and their fields.',
		],
		example: 'inject shaky loss links.from=nodes links.to=nodes probability=0.05',
		topic: 'nemesis',
		completions: [],
		parse: injectRequest,
		run: async ({name, fault}, {target, signal}) => {
			if (fault === undefined) {
				const healed = await target.heal(each => each.name === name, signal);
				return healed.length > 0 ? `${name} is over` : `no fault has the name ${name}`;
			}
			await target.inject(fault, signal, name);
			return `${name}: ${describeFault(fault)}`;
		},
	}),
];

async function carryOutChaos({durationMs, seed}: ChaosRequest, context: CommandContext): Promise<string> {
	const {target, signal, print, session} = context;
	const report = await target.chaos({
		durationMs,
		seed,
		signal,
		drawn: schedule => {
			print(drawnText(schedule));
			session.recording?.remark(drawnText(schedule));
		},
		told: event => {
			print(faultEventText(event));
			session.recording?.line(lineOfEvent(event));
		},
	});
	return chaosText(report);
}

function injectRequest(words: CommandArguments): InjectRequest {
	const name = words.text('a name');
	const kind = words.text('a kind of fault, or "off"');
	if (kind === 'off') return {name, fault: undefined};
	try {
		const fault = faultOfWords([kind, ...words.rest()]);
		checkFault(fault, words.nodeCount);
		return {name, fault};
	} catch (error) {
		if (error instanceof FaultError) return words.refuse(error.message);
		throw error;
	}
}
