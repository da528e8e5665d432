/** `etcd://host:port,host:port/prefix`: where an etcd cluster is, and under which prefix it keeps our keys. */
import {RaftError} from '../../../src/raft/errors.js';

export interface EngineAddress {
	/** `host:port`, at least one, none twice. */
	readonly addresses: readonly string[];
	/** All keys begin with this and a slash. */
	readonly prefix: string;
}

/** The text names no engine; the message says how one is written. */
export class EngineUrlError extends RaftError {
	override readonly name = 'EngineUrlError';
	readonly code = 'ERR_ENGINE_URL';

	constructor(whatIsWrong: string) {
		super(`${whatIsWrong}: write etcd://HOST:PORT,HOST:PORT,... and, if you like, /PREFIX behind it`);
	}
}

const prefixDefault = 'threadraft';
const scheme = 'etcd://';
const address = /^(?:\[[0-9a-f:.]+\]|[\w.-]+):(\d{1,5})$/i;

/** Throws an {@link EngineUrlError}. */
export function parseEngineUrl(url: string): EngineAddress {
	if (!url.startsWith(scheme)) throw new EngineUrlError(`"${url}" does not begin with ${scheme}`);
	const rest = url.slice(scheme.length);
	const slash = rest.indexOf('/');
	const hosts = slash === -1 ? rest : rest.slice(0, slash);
	const path = slash === -1 ? '' : rest.slice(slash + 1).replace(/\/+$/, '');
	const addresses = hosts.split(',').map(parseAddress);
	if (new Set(addresses).size < addresses.length) throw new EngineUrlError(`"${hosts}" names an address twice`);
	return {addresses, prefix: path === '' ? prefixDefault : path};
}

function parseAddress(text: string): string {
	if (text.includes('@')) throw new EngineUrlError('users and passwords are not supported');
	const port = Number(address.exec(text)?.[1] ?? Number.NaN);
	if (port >= 1 && port <= 65_535) return text;
	throw new EngineUrlError(text === '' ? 'an address is missing' : `"${text}" is no HOST:PORT`);
}
