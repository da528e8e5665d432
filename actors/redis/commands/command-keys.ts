/** COMMAND GETKEYS and GETKEYSANDFLAGS: which words of a request are keys, and what the command does to them. */
import {parseInt64} from '../int64.js';
import {partAt, type Plan, type RedisCommand, textAt} from './command.js';
import type {CommandDescription} from './command-description.js';
import {changedKey, keyFlagsOf, readKey} from './command-facts.js';

function flagsOf(command: CommandDescription, words: readonly string[]): readonly [string, string] {
	const {name} = command;
	const options = words.slice(2).map(word => word.toLowerCase());
	if (name === 'set' && options.slice(1).includes('get')) return [changedKey, changedKey];
	if (name === 'bitfield' && !options.some(word => word === 'set' || word === 'incrby')) return [readKey, readKey];
	return keyFlagsOf(command);
}

/** `undefined`: the command has none. */
function keysOf(command: CommandDescription, request: readonly Buffer[]): readonly Buffer[] | undefined {
	if (command.flags.includes('movablekeys')) {
		const count = parseInt64(partAt(request, 2)) ?? 0n;
		return count > 0n && count <= request.length - 3 ? request.slice(3, 3 + Number(count)) : [];
	}
	if (command.keys === undefined) return undefined;
	const {first, last, step} = command.keys;
	const end = last < 0 ? request.length + last : last;
	return request.filter((_, place) => place >= first && place <= end && (place - first) % step === 0);
}

export const planKeys =
	(hasFlags: boolean): RedisCommand['plan'] =>
	(parts): Plan => ({
		type: 'local',
		reply(out, {gateway}) {
			const request = parts.slice(2);
			const words = request.map((_, place) => textAt(request, place));
			const found = gateway.commands.get(words[0]?.toLowerCase() ?? '');
			const command =
				found?.subcommands === undefined || words.length === 1
					? found
					: found.subcommands.get(words[1]?.toLowerCase() ?? '');
			if (command === undefined) return out.error('ERR Invalid command specified');
			if (command.keys === undefined && !command.flags.includes('movablekeys'))
				return out.error('ERR The command has no key arguments');
			const {arity} = command;
			if (arity < 0 ? request.length < -arity : request.length !== arity)
				return out.error('ERR Invalid number of arguments specified for command');
			const keys = keysOf(command, request) ?? [];
			const told = flagsOf(command, words);
			out.array(keys.length);
			for (const [place, key] of keys.entries()) {
				if (hasFlags) out.array(2);
				out.bulk(key.toString('latin1'));
				if (!hasFlags) continue;
				const names = told[place === 0 ? 0 : 1].split(' ');
				out.set(names.length);
				for (const name of names) out.status(name);
			}
		},
	});
