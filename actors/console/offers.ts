/** What Tab may offer for one word of a line. */

/** Kinds of things whose names depend on the cluster and on the console. */
export type OfferKind = 'node' | 'command' | 'topic' | 'setting' | 'key' | 'file';

/** Names of things of these kinds, and these words as they are. */
export interface Offers {
	readonly kinds: readonly OfferKind[];
	readonly words: readonly string[];
}

export const offerNothing: Offers = {kinds: [], words: []};

export const offerWords = (...words: readonly string[]): Offers => ({kinds: [], words});

export const offerKind = (kind: OfferKind, ...words: readonly string[]): Offers => ({kinds: [kind], words});

export const offerKey: Offers = offerKind('key');

export const offerFile: Offers = offerKind('file');

export const offerNodeOrLeader: Offers = offerKind('node', 'leader');
