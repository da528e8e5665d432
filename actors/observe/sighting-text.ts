/** A message that passed the router, in one line. */
import type {MessageSighting} from '../network/message-tap.js';

/** Such as `appendEntries T3  0 -> 2  [101..120]  commit 100  delivered`. */
export function sightingText(sighting: MessageSighting): string {
	const {type, from, to, term, detail, skipped} = sighting;
	const parts = [
		`${type}${term === undefined ? '' : ` T${term}`}`,
		`${nameOf(from)} -> ${nameOf(to)}`,
		indexText(sighting),
		detail,
		fateText(sighting),
		skipped > 0 ? `+${skipped} not shown` : '',
	];
	return parts.filter(part => part !== '').join('  ');
}

/** Nodes by their numbers alone. */
const nameOf = (endpoint: string): string => endpoint.replace('node:', '').replace(':', ' ');

function indexText({firstIndex, lastIndex}: MessageSighting): string {
	if (lastIndex === undefined) return '';
	return firstIndex === undefined ? `to ${lastIndex}` : `[${firstIndex}..${lastIndex}]`;
}

function fateText({afterMs, isUndeliverable}: MessageSighting): string {
	const [first, ...copies] = afterMs;
	if (first === undefined) return 'LOST';
	if (isUndeliverable) return 'NOBODY THERE';
	const delay = first > 0 ? `delayed ${first.toFixed(1)} ms` : 'delivered';
	return copies.length === 0 ? delay : `${delay}, ${copies.length + 1} copies`;
}
