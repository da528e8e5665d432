/** Piscina's task: simulates one seed (see actors/simulate). */
export {runSeed as default} from '../actors/simulate/task.js';
