import {homedir} from 'node:os';
import path from 'node:path';

/**
 * Where the console keeps its history: the file that THREADRAFT_HISTORY names, else below the state directory of the XDG base
 * directories. `undefined`: nowhere, because THREADRAFT_HISTORY is empty.
 */
export function historyPath(environment: NodeJS.ProcessEnv): string | undefined {
	const {THREADRAFT_HISTORY: named, XDG_STATE_HOME: state = ''} = environment;
	if (named !== undefined) return named === '' ? undefined : path.resolve(named);
	// A relative one is to be ignored, says the specification.
	const folder = path.isAbsolute(state) ? state : path.join(homedir(), '.local', 'state');
	return path.join(folder, 'threadraft', 'history');
}
