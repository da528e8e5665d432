import {nearestName} from '../nearest-name.js';
import type {Command} from './command.js';
import {ConsoleSyntaxError} from './errors.js';

/** By its name or an alias, in any case. Throws a {@link ConsoleSyntaxError} that names the nearest command. */
export function findCommand(name: string, commands: readonly Command[]): Command {
	const wanted = name.toLowerCase();
	const command = commands.find(each => each.name === wanted || each.aliases?.includes(wanted));
	if (command !== undefined) return command;
	const nearest =
		commands.find(each => each.suggestedFor?.includes(wanted))?.name ??
		nearestName(
			wanted,
			commands.flatMap(each => [each.name, ...(each.aliases ?? [])]),
		);
	const remedy = nearest === undefined ? 'see "help"' : `did you mean "${nearest}"?`;
	throw new ConsoleSyntaxError(`there is no command "${name}": ${remedy}`);
}
