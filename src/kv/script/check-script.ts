import {LuaSyntaxError, parseLua} from '../../lua/syntax.js';
import type {ByteString, Value} from '../types.js';
import {textOf} from './bytes.js';
import {readShebang} from './shebang.js';

/** How errors name a script. */
export const chunkName = 'user_script';

/** Why the text is no script, in Redis' words; `undefined`: it is one. */
export function whyNoScript(source: Value): ByteString | undefined {
	try {
		parseLua(readShebang(textOf(source)).body);
		return undefined;
	} catch (error) {
		if (error instanceof LuaSyntaxError) return syntaxErrorText(error);
		throw error;
	}
}

export function syntaxErrorText({line, message}: LuaSyntaxError): ByteString {
	return line === 0 ? message : `${syntaxErrorStart}: ${chunkName}:${line}: ${message}`;
}

/** How an answer begins that says that the text is no Lua. */
export const syntaxErrorStart = 'ERR Error compiling script (new function)';
