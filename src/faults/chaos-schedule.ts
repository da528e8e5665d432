/**
 * The schedule of a run of chaos that somebody watches: as a nemesis draws it, without the calm before its first fault, and cut
 * where its time is up.
 */
import {endsWithStart, type Fault, type FaultEvent} from './faults.js';
import {Nemesis, type NemesisOptions, type Schedule} from './nemesis.js';

/** A mild schedule begins within this time. */
const calmMsMax = 6000;

/**
 * The same options and seed give the same schedule. Its first fault is at 0, and all faults are over at `durationMs`. `untilMs`
 * of a clog counts from its injection. Of what is healed at one time, nodes start last: not while their disks are still broken.
 */
export function drawChaos(options: NemesisOptions, seed: number): Schedule {
	const {durationMs} = options;
	const schedule = new Nemesis({...options, durationMs: durationMs + calmMsMax}).draw(seed);
	const calmMs = schedule.events[0]?.atMs ?? 0;
	const moved = schedule.events.map(event => movedBack(event, calmMs, durationMs));
	const late = new Set(moved.filter(isInjection).flatMap(({id, atMs}) => (atMs < durationMs ? [] : [id])));
	const starts = new Set(
		moved.flatMap(event => (event.type === 'inject' && endsWithStart(event.fault) ? [event.id] : [])),
	);
	const rank = ({type, id}: FaultEvent): number => (type === 'heal' && starts.has(id) ? 1 : 0);
	// Sorted once more: faults that last beyond the end are all healed at the end.
	const events = moved
		.filter(({id}) => !late.has(id))
		.sort((one, other) => one.atMs - other.atMs || rank(one) - rank(other));
	return {...schedule, durationMs, events};
}

const isInjection = (event: FaultEvent): boolean => event.type === 'inject';

function movedBack(event: FaultEvent, calmMs: number, endMs: number): FaultEvent {
	const atMs = event.atMs - calmMs;
	if (event.type === 'heal') return {...event, atMs: Math.min(atMs, endMs)};
	return {...event, atMs, fault: faultMovedBack(event.fault, calmMs, endMs, atMs)};
}

/** As real threads can have it, and within the time. A clog is over so many ms after it was set: nobody knows when the run starts. */
function faultMovedBack(fault: Fault, calmMs: number, endMs: number, atMs: number): Fault {
	switch (fault.type) {
		case 'clog':
			return {...fault, untilMs: Math.min(fault.untilMs - calmMs, endMs) - atMs};
		case 'pause':
			return {...fault, durationMs: Math.min(fault.durationMs, Math.max(1, endMs - atMs))};
		case 'crashAll':
			// A thread that ends loses nothing that it has written.
			return {...fault, disk: 'kept'};
		default:
			return fault;
	}
}
