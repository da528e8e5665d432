/** All commands. */
import type {Command} from '../command.js';
import {chaosCommands} from './chaos.js';
import {dataCommands} from './data.js';
import {clockCommands} from './clocks.js';
import {diskCommands} from './disks.js';
import {judgingCommands} from './judging.js';
import {linkCommands} from './links.js';
import {logCommands} from './logs.js';
import {networkCommands} from './network.js';
import {nodeCommands} from './nodes.js';
import {repeatingCommands} from './repeating.js';
import {sessionCommands} from './session.js';
import {watchingCommands} from './watching.js';

/** In the order in which `help` lists them. */
export const allCommands: readonly Command[] = [
	...dataCommands,
	...nodeCommands,
	...logCommands,
	...networkCommands,
	...linkCommands,
	...diskCommands,
	...clockCommands,
	...chaosCommands,
	...judgingCommands,
	...watchingCommands,
	...repeatingCommands,
	...sessionCommands,
];
