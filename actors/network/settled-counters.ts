/** How operations of clients ended; nothing here runs. */
export interface SettledCounters {
	/** Under way, or over. */
	begun: number;
	/** With an answer. */
	answered: number;
	/** Without one: refused, timed out, or broken off. */
	failed: number;
}
