/** What a server tells whoever watches it. Nothing depends on these. At most one a second, whatever the load. */

/** What happened at a server. */
export type ServiceEvent =
	/**
	 * This leader has forgotten sessions since it last told: `expired` were silent for longer than the session timeout, `evicted`
	 * had to make room for new ones. `open`: so many are left.
	 */
	{readonly type: 'sessionsExpired'; readonly expired: number; readonly evicted: number; readonly open: number};
