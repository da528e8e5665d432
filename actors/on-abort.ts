/**
 * One listener for each signal, however many operations wait with it: Node takes more than ten for a leak, and warns. It is gone
 * with the last of them.
 */

interface Waiting {
	readonly action: () => void;
}

const waitingWith = new WeakMap<AbortSignal, Set<Waiting>>();

/** Calls `action` when the signal is aborted, unless what it returns was called before. Not for a signal that is aborted already. */
export function onAbort(signal: AbortSignal, action: () => void): () => void {
	const waiting = waitingWith.get(signal) ?? new Set<Waiting>();
	const entry = {action};
	waiting.add(entry);
	if (waiting.size === 1) {
		waitingWith.set(signal, waiting);
		signal.addEventListener('abort', tellAll);
	}
	return () => {
		if (!waiting.delete(entry) || waiting.size > 0) return;
		waitingWith.delete(signal);
		signal.removeEventListener('abort', tellAll);
	};
}

function tellAll(this: AbortSignal): void {
	for (const {action} of waitingWith.get(this) ?? []) action();
}
