/** The first line of a script, where it is no Lua: `#!lua flags=no-writes`. */
import {LuaSyntaxError} from '../../lua/syntax.js';
import type {ByteString} from '../types.js';

const flags = new Set(['no-writes', 'allow-oom', 'allow-stale', 'no-cluster', 'allow-cross-slot-keys']);

/** The text is no script, whatever follows its first line: of line 0. */
const refused = (text: string): LuaSyntaxError => new LuaSyntaxError(0, `ERR ${text}`);

/** `body`: what is Lua, with as many lines. */
export function readShebang(text: ByteString): {readonly body: ByteString; readonly isReadOnly: boolean} {
	if (!text.startsWith('#!')) return {body: text, isReadOnly: false};
	const end = text.indexOf('\n');
	if (end < 0) throw refused('Invalid script shebang');
	const [engine = '', ...options] = text
		.slice(0, end)
		.split(' ')
		.filter(word => word !== '');
	if (engine !== '#!lua') throw refused(`Unexpected engine in script shebang: ${engine}`);
	const given = options.flatMap(option => {
		if (!option.startsWith('flags=')) throw refused(`Unknown lua shebang option: ${option}`);
		return option.slice('flags='.length).split(',');
	});
	for (const flag of given) if (!flags.has(flag)) throw refused(`Unexpected flag in script shebang: ${flag}`);
	return {body: text.slice(end), isReadOnly: given.includes('no-writes')};
}
