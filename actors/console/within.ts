/** What the work gives, or `undefined` where it takes longer; then its signal is aborted. Rejects when the work does in time. */
export async function within<T>(durationMs: number, work: (signal: AbortSignal) => Promise<T>): Promise<T | undefined> {
	const late = new AbortController();
	let timer: NodeJS.Timeout | undefined;
	const end = new Promise<undefined>(resolve => {
		timer = setTimeout(() => {
			resolve(undefined);
			late.abort();
		}, durationMs);
	});
	try {
		return await Promise.race([work(late.signal), end]);
	} finally {
		clearTimeout(timer);
	}
}
