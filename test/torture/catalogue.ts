/** Every row of the torture runs, in the order in which they run: what is soon said comes first. */
import type {Row} from './row.js';
import {killNine} from './rows/kill-nine.js';
import {nemesis} from './rows/nemesis.js';
import {rollingRestarts} from './rows/rolling-restarts.js';
import {startsAndStops} from './rows/starts-and-stops.js';

export const rows: readonly Row[] = [startsAndStops, rollingRestarts, killNine, nemesis];
