/** What `help` prints. */
import type {Colors} from 'picocolors/types.js';
import type {Command} from './command.js';

export function helpOnAll(commands: readonly Command[], colours: Colors): string {
	const width = Math.max(...commands.map(({usage}) => usage.length));
	return commands.map(({usage, summary}) => `${colours.bold(usage.padEnd(width))}  ${summary}`).join('\n');
}

export function helpOn({usage, summary, details, example}: Command, colours: Colors): string {
	const shown = example === usage ? [] : [`Example: ${example}`];
	return [`${colours.bold(usage)}: ${summary}`, ...details, ...shown].join('\n');
}
