/** A fault that is set, in the words of the console. */
import type {InjectedFault} from '../cluster/faults/named-fault.js';
import {secondsLeft} from './seconds-left.js';
import {valueText} from './value-text.js';

/** `node 0 paused for 4.2 s more (heal pause 0)` */
export function faultLine(injected: InjectedFault): string {
	return `${faultText(injected)} (heal ${nameText(injected.name)})`;
}

function faultText({fault, text, leftMs}: InjectedFault): string {
	if (leftMs === undefined) return text;
	if (fault.type !== 'pause') return `${text} ${secondsLeft(leftMs)}`;
	return `node ${fault.node} paused ${secondsLeft(leftMs)}${fault.clockStops ? ', its clock too' : ''}`;
}

/** In quotes, where `#` would begin a comment. */
const nameText = (name: string): string => (name.includes('#') ? valueText(new TextEncoder().encode(name)) : name);
