/** MONITOR: those who are shown the commands of all connections, and how one is written down. */
import type {DatabaseNumber} from '../../src/kv/types.js';
import type {Listener} from './channels.js';

/** Of one command; what is beyond is counted. */
const shownPartsMax = 128;
/** Of one part. */
const shownBytesMax = 4096;

const hidden = '"(redacted)"';

/** What a command must tell to be shown. */
export interface MonitoredCommand {
	readonly name: string;
	readonly flags: readonly string[];
}

/** A request as it is shown. */
interface MonitoredRequest {
	readonly command: MonitoredCommand;
	readonly parts: readonly Buffer[];
	/** The one that is selected, behind the command. */
	readonly database: DatabaseNumber;
	/** Since 1970. */
	readonly nowMs: number;
}

/** Whose command it is. */
interface MonitoredClient {
	readonly address: string;
	readonly isLocalSocket: boolean;
	/** Listens if it is a monitor itself. */
	readonly subscriber: Listener;
}

export class Monitors {
	readonly #listeners = new Set<Listener>();

	get count(): number {
		return this.#listeners.size;
	}

	add(listener: Listener): void {
		this.#listeners.add(listener);
	}

	remove(listener: Listener): void {
		this.#listeners.delete(listener);
	}

	/** Shows a command that was taken in; as in Redis none of the administrator's. */
	tell(client: MonitoredClient, {command, parts, database, nowMs}: MonitoredRequest): void {
		if (command.flags.includes('admin')) return;
		const address = client.isLocalSocket ? `unix:${client.address.replace(/:0$/, '')}` : client.address;
		const line = `${timeOf(nowMs)} [${database} ${address}] ${wordsOf(command.name, parts).join(' ')}`;
		for (const listener of this.#listeners) {
			// As in Redis, where it is none any more when its RESET is shown.
			if (command.name === 'reset' && listener === client.subscriber) continue;
			listener.push(out => out.status(line));
		}
	}
}

/** Seconds since 1970, with six digits. */
const timeOf = (ms: number): string =>
	`${Math.floor(ms / 1000)}.${String(Math.floor((ms % 1000) * 1000)).padStart(6, '0')}`;

function wordsOf(name: string, parts: readonly Buffer[]): readonly string[] {
	const secrets = secretsIn(name, parts);
	const words = parts.slice(0, shownPartsMax).map((part, at) => (secrets.has(at) ? hidden : wordOf(part)));
	const more = parts.length - words.length;
	return more === 0 ? words : words.concat(`"... (${more} more arguments)"`);
}

/** Which parts hold a user or a password: they are shown to nobody. */
export function secretsIn(name: string, parts: readonly Buffer[]): ReadonlySet<number> {
	const secrets = new Set<number>();
	if (name !== 'auth' && name !== 'hello') return secrets;
	const isOption = (at: number, option: string): boolean => parts[at]?.toString('latin1').toLowerCase() === option;
	// In AUTH all that follows; in HELLO what follows its option.
	for (let at = name === 'auth' ? 1 : 2; at < parts.length; at++) {
		if (name === 'auth') secrets.add(at);
		else if (isOption(at, 'setname')) at += 1;
		else if (isOption(at, 'auth')) secrets.add((at += 1)).add((at += 1));
	}
	return secrets;
}

const escapes: Readonly<Record<string, string>> = {
	'\\': String.raw`\\`,
	'"': String.raw`\"`,
	'\n': String.raw`\n`,
	'\r': String.raw`\r`,
	'\t': String.raw`\t`,
	'\u0007': String.raw`\a`,
	'\b': String.raw`\b`,
};

/** In quotes, as redis-cli reads it. */
function wordOf(part: Buffer): string {
	const text = part.toString('latin1', 0, shownBytesMax);
	const written = text.replaceAll(/[^ !#-[\]-~]/g, character => escapes[character] ?? hexOf(character));
	const more = part.length - text.length;
	return more === 0 ? `"${written}"` : `"${written}... (${more} more bytes)"`;
}

const hexOf = (character: string): string => String.raw`\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`;
