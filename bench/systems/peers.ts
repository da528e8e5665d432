import type {System} from './system.js';

export const peers: readonly System[] = [];
