/** How long something takes, as data. All numbers are milliseconds. */
import {unreachable} from '../base/errors.js';
import type {Random} from '../base/random.js';

/** Times that are drawn, in ms. */
export type Distribution =
	| {readonly type: 'fixed'; readonly ms: number}
	/** Anything from `minMs` to `maxMs`, fractions included. */
	| {readonly type: 'uniform'; readonly minMs: number; readonly maxMs: number}
	/** `minMs`, plus an exponentially distributed time with this mean: most are short, a few are long. */
	| {readonly type: 'exponential'; readonly minMs: number; readonly meanMs: number};

/** One draw, in milliseconds. */
export function sample(distribution: Distribution, random: Random): number {
	switch (distribution.type) {
		case 'fixed':
			return distribution.ms;
		case 'uniform':
			return distribution.minMs + random.float() * (distribution.maxMs - distribution.minMs);
		case 'exponential':
			return distribution.minMs + random.exponential(distribution.meanMs);
		default:
			return unreachable(distribution);
	}
}

export function describeDistribution(distribution: Distribution): string {
	switch (distribution.type) {
		case 'fixed':
			return `${distribution.ms} ms`;
		case 'uniform':
			return `${distribution.minMs}..${distribution.maxMs} ms`;
		case 'exponential':
			return `${distribution.minMs} ms + exponential of mean ${distribution.meanMs} ms`;
		default:
			return unreachable(distribution);
	}
}
