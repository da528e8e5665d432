/** Lets something go on beside the row: until the row awaits it, its failure is nobody's, and must not end the process. */
export function background<T>(work: Promise<T>): Promise<T> {
	work.catch(() => undefined);
	return work;
}
