/** Other Rafts of npm. */
import {notInstalled} from './peer-packages.js';
import type {System} from './system.js';

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
