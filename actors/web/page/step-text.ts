/** Steps in words. */
import type {TraceStep} from '../../trace/trace.js';
import type {Store} from './store.js';

/** Whole seconds and milliseconds; of a simulation microseconds too. */
export function timeText(at: number, {header}: Store): string {
	const digits = header.source === 'simulation' ? 3 : 0;
	return `${at.toLocaleString('en', {minimumFractionDigits: digits, maximumFractionDigits: digits})} ms`;
}

/** Where it happens, and what it is; one line each. */
export function stepText(step: TraceStep, store: Store): readonly [place: string, text: string] {
	switch (step.type) {
		case 'arrived': {
			const message = store.messageOf(step.id);
			if (message === undefined) return ['', 'a message that was sent before the trace begins arrives'];
			return [`${message.from} → ${message.to}`, message.text];
		}
		case 'inside':
			return [`node ${step.node}`, step.text];
		case 'client': {
			const place = step.node === undefined ? `client ${step.client}` : `client ${step.client} → ${step.node}`;
			return [place, step.text.replace(/^<- [cn]\d+ /, '')];
		}
		case 'event':
			return [step.node === undefined ? '' : `node ${step.node}`, step.text];
		case 'command':
			return ['console', step.answer === '' ? step.line : `${step.line}: ${step.answer.split('\n')[0]}`];
		case 'end':
			return ['end', step.text];
		case 'sample':
			return ['', sampleText(step)];
		default:
			return step satisfies never;
	}
}

function sampleText({nodes, sent, load}: TraceStep): string {
	const parts = [
		load === undefined ? '' : `${load.perSecond.toLocaleString('en')} answers a second`,
		nodes === undefined ? '' : `look at node ${Object.keys(nodes).join(', ')}`,
		sent === undefined ? '' : `${sent.length} messages`,
	];
	return parts.filter(part => part !== '').join('; ') || 'look';
}
