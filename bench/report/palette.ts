/** How a system looks in every plot. The skeletons, being limits, are grey; ours is blue; the rest stand apart from it. */
import type {SystemId} from '../systems/system.js';

export interface Look {
	readonly color: string;
	readonly line: 'solid' | 'dashed' | 'dotted';
	readonly symbol: 'circle' | 'rect' | 'triangle' | 'diamond' | 'emptyCircle' | 'emptyRect' | 'emptyTriangle';
}

export const lookOf: Readonly<Record<SystemId, Look>> = {
	skeleton: {color: '#6b7280', line: 'solid', symbol: 'circle'},
	'skeleton-thread': {color: '#6b7280', line: 'dashed', symbol: 'emptyCircle'},
	'skeleton-single': {color: '#9ca3af', line: 'dotted', symbol: 'emptyRect'},
	threadraft: {color: '#1d4ed8', line: 'solid', symbol: 'circle'},
	'threadraft-thread': {color: '#1d4ed8', line: 'dashed', symbol: 'emptyCircle'},
	'threadraft-redis': {color: '#0891b2', line: 'solid', symbol: 'rect'},
	etcd: {color: '#ea580c', line: 'solid', symbol: 'triangle'},
	redis: {color: '#b91c1c', line: 'dashed', symbol: 'emptyTriangle'},
	coaty: {color: '#7e22ce', line: 'solid', symbol: 'diamond'},
};

export const text = {color: '#1f2937', fontFamily: 'system-ui, sans-serif', fontSize: 13} as const;
export const faint = '#e5e7eb';
