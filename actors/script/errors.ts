import {ThreadraftError} from '../../src/base/errors.js';

/**
 * What is wrong with a script. `FILE`: it cannot be read or written, or it exists and would be written over. `FORMAT`: it is no
 * recording, or its head lacks something. `VERSION`: a newer program has written it. `CUT_SHORT`: its last line is not whole.
 * `LINE`: one of its lines is no command, or names a node that does not exist. `NODES`: the cluster has another number of nodes.
 */
export type ScriptErrorCode = `ERR_SCRIPT_${'FILE' | 'FORMAT' | 'VERSION' | 'CUT_SHORT' | 'LINE' | 'NODES'}`;

/** A script that cannot be used as it is. */
export class ScriptError extends ThreadraftError {
	override readonly name = 'ScriptError';
	readonly code: ScriptErrorCode;
	/** Of the file, from 1; `undefined` where the whole file is meant. */
	readonly line: number | undefined;

	constructor(code: ScriptErrorCode, line: number | undefined, message: string, options?: ErrorOptions) {
		super(line === undefined ? message : `line ${line}: ${message}`, options);
		this.code = code;
		this.line = line;
	}
}
