/** Other Rafts of npm. Not dependencies: bench/peers has a package.json of its own, to be installed by who wants them. */
import {createRequire} from 'node:module';
import {existsSync} from 'node:fs';
import type {System} from './system.js';

/** Beside this file's source: dist has no node_modules. */
const folder = new URL('../../../bench/peers/', import.meta.url);
const requireFrom = createRequire(new URL('package.json', folder));

/** Throws when it is not installed; see `unavailable`. */
export const requirePeer = (name: string): Record<string, never> => requireFrom(name) as Record<string, never>;

const notInstalled = (name: string): string | undefined =>
	existsSync(new URL(`node_modules/${name}`, folder))
		? undefined
		: `${name} is not installed: npm install --prefix bench/peers`;

export const peers: readonly System[] = [
	{
		id: 'coaty',
		title: '@coaty/consensus.raft',
		limit: 'skeleton',
		workloads: ['write', 'read', 'mixed'],
		durabilities: ['memory'],
		isPeer: true,
		unavailable: () => notInstalled('@coaty/consensus.raft'),
		start: async options => (await import('./coaty.js')).startCoaty(options),
	},
];
