import {performance} from 'node:perf_hooks';

/** What is measured takes the time that it takes, whatever the node's own clock is told to show. */
export const trueNow = (): number => performance.now();
