/** Piscina's task: judges a group of keys (see actors/check). */
export {runCheckTask as default} from '../actors/check/task.js';
