/** Piscina's task: a recorded load, from its start to the verdict (see actors/load). */
export {runLoadTask as default} from '../actors/load/load-task.js';
