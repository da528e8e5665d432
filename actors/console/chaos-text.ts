/** What is told of chaos. */
import type {ChaosReport} from '../chaos/chaos.js';
import {describeFault, type FaultEvent} from '../../src/faults/faults.js';
import {wordsOfFault} from '../../src/faults/fault-text.js';
import type {Schedule} from '../../src/faults/nemesis.js';
import {valueText} from './value-text.js';

/** Before the first fault. */
export function drawnText({seed, durationMs, intensity, kinds}: Schedule): string {
	return `chaos for ${durationMs / 1000} s, seed ${seed}, ${intensity}: ${kinds.join(', ')}`;
}

/** `+3.2 s  partition #1: partition 0,1 | 2,3,4` */
export function faultEventText(event: FaultEvent): string {
	const what = event.type === 'inject' ? `${event.id}: ${describeFault(event.fault)}` : `${event.id} is over`;
	return `+${(event.atMs / 1000).toFixed(1)} s  ${what}`;
}

/** The line of the console that does what the event did. */
export function lineOfEvent(event: FaultEvent): string {
	const words = event.type === 'inject' ? wordsOfFault(event.fault) : ['off'];
	return ['inject', valueText(new TextEncoder().encode(event.id)), ...words].join(' ');
}

/** When all is healed. */
export function chaosText({schedule, events, failures, isCancelled}: ChaosReport): string {
	const {seed, durationMs} = schedule;
	const injected = events.filter(({type}) => type === 'inject');
	const kinds = new Map<string, number>();
	for (const {id} of injected) {
		const [kind = id] = id.split(' ');
		kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
	}
	const counts = Array.from(kinds, ([kind, count]) => `${count} ${kind}`).join(', ');
	return [
		`chaos ${isCancelled ? 'was cancelled' : 'is over'}: ${injected.length} faults, all healed`,
		...(counts === '' ? [] : [counts]),
		...failures.map(
			({event, error}) => `${event.id} could not be ${event.type === 'inject' ? 'set' : 'healed'}: ${error.message}`,
		),
		`"chaos ${durationMs / 1000}s ${seed}" does the same again`,
	].join('\n');
}
