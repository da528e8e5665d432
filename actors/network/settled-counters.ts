/** How operations of clients ended; nothing here runs. */
export interface SettledCounters {
	/** With an answer. */
	answered: number;
	/** Without one: refused, timed out, or broken off. */
	failed: number;
}
