/** `etcd://user@host:port,host:port/prefix`: where an etcd cluster is, and under which prefix it keeps our keys. */
import {ThreadraftError} from '../../../src/base/errors.js';

export interface EngineAddress {
	/** `etcds://`: the members speak TLS. */
	readonly isSecure: boolean;
	/** `undefined`: none is given. */
	readonly user: string | undefined;
	/** `host:port`, at least one, none twice. */
	readonly addresses: readonly string[];
	/** All keys begin with this and a slash. */
	readonly prefix: string;
}

/** The text names no engine; the message says how one is written. */
export class EngineUrlError extends ThreadraftError {
	override readonly name = 'EngineUrlError';
	readonly code = 'ERR_ENGINE_URL';

	constructor(whatIsWrong: string) {
		super(
			`${whatIsWrong}: write etcd://HOST:PORT,HOST:PORT,... (etcds:// for TLS), USER@ before the first HOST if etcd has users, and, if you like, /PREFIX behind it`,
		);
	}
}

const prefixDefault = 'threadraft';
const scheme = /^etcd(s?):\/\//;
const address = /^(?:\[[0-9a-f:.]+\]|[\w.-]+):(\d{1,5})$/i;

/** Throws an {@link EngineUrlError}, which does not repeat a password. */
export function parseEngineUrl(url: string): EngineAddress {
	const start = scheme.exec(url);
	if (start === null) throw new EngineUrlError(`"${url}" does not begin with etcd:// or etcds://`);
	const rest = url.slice(start[0].length);
	const slash = rest.indexOf('/');
	const authority = slash === -1 ? rest : rest.slice(0, slash);
	const path = slash === -1 ? '' : rest.slice(slash + 1).replace(/\/+$/, '');
	const at = authority.lastIndexOf('@');
	const hosts = authority.slice(at + 1);
	const addresses = hosts.split(',').map(parseAddress);
	if (new Set(addresses).size < addresses.length) throw new EngineUrlError(`"${hosts}" names an address twice`);
	return {
		isSecure: start[1] === 's',
		user: at === -1 ? undefined : parseUser(authority.slice(0, at)),
		addresses,
		prefix: path === '' ? prefixDefault : path,
	};
}

function parseUser(text: string): string {
	// Others on this machine see the command line, and logs keep it.
	if (text.includes(':')) throw new EngineUrlError('A password does not belong into the URL, which others can see');
	try {
		const user = decodeURIComponent(text);
		if (user !== '') return user;
	} catch {
		// The message below tells.
	}
	throw new EngineUrlError('what stands before the "@" is no user (write special characters as %XX)');
}

function parseAddress(text: string): string {
	const port = Number(address.exec(text)?.[1] ?? Number.NaN);
	if (port >= 1 && port <= 65_535) return text;
	throw new EngineUrlError(text === '' ? 'an address is missing' : `"${text}" is no HOST:PORT`);
}
