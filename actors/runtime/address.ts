declare const accepts: unique symbol;
declare const awaits: unique symbol;

/**
 * Names an actor in any linked system. A plain string, so that it may travel inside messages, within a thread and across;
 * `resolve` makes an {@link ActorRef} of it again. Opaque: `system~incarnation/path#uid`.
 */
export type Address<M> = string & {readonly [accepts]: (message: M) => void};

/** Names one ask that waits for its answer: what a callee gets to reply to. Opaque: `system~incarnation/?id`. */
export type ReplyTo<R> = string & {readonly [awaits]: (answer: R) => void};

/** What an address points at, seen from the system that it belongs to. `key` is `/path#uid`. */
export type Target =
	| {readonly type: 'actor'; readonly systemId: string; readonly key: string}
	| {readonly type: 'ask'; readonly systemId: string; readonly id: number};

/** The actor above all others of a system, at the same key in each. */
export const rootKey = '/#0';

export const actorAddress = <M>(systemId: string, key: string): Address<M> => (systemId + key) as Address<M>;
export const askAddress = <R>(systemId: string, id: number): ReplyTo<R> => `${systemId}/?${id}` as ReplyTo<R>;

export function parseAddress(address: string): Target {
	const slash = address.indexOf('/');
	const systemId = address.slice(0, slash);
	if (address[slash + 1] === '?') return {type: 'ask', systemId, id: Number(address.slice(slash + 2))};
	return {type: 'actor', systemId, key: address.slice(slash)};
}

/** Whether a name can be one step of a path. */
export const isActorName = (name: string): boolean => /^[^/#?~]+$/.test(name);
