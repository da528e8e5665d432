/** Piscina's task: the judge of what loads and people did (see actors/load). */
export {runJudgeTask as default} from '../actors/load/judge-task.js';
