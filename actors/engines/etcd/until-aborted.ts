/** `promise`, unless `signal` is aborted before: then rejects, and `release` gets what comes too late. */
export async function untilAborted<T>(
	promise: Promise<T>,
	signal: AbortSignal,
	release: (late: T) => void = () => undefined,
): Promise<T> {
	let abort = (): void => undefined;
	const aborted = new Promise<never>((_, reject) => {
		abort = () => {
			void promise.then(release);
			reject(signal.reason as Error);
		};
	});
	if (signal.aborted) abort();
	signal.addEventListener('abort', abort);
	try {
		return await Promise.race([promise, aborted]);
	} finally {
		signal.removeEventListener('abort', abort);
	}
}
