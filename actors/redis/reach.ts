/** Whom an address lets in: this machine alone, or others as well. */
import {lookup} from 'node:dns/promises';
import {BlockList} from 'node:net';
import {GatewayAccessError, GatewayError} from './errors.js';

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

/** What clients without a password are refused by, unless they are on this machine. */
export interface Reach {
	readonly host: string;
	readonly port: number;
	readonly hasPassword: boolean;
}

/**
 * The address to listen on: looked up once, so that what is checked is what is bound. Rejects with a `GatewayAccessError` when
 * others than this machine could use the port without a password, with a `GatewayError` for a name that is not known.
 */
export async function addressFor({host, port, hasPassword}: Reach): Promise<string> {
	const {address, family} = await lookup(host).catch((cause: unknown) => {
		throw new GatewayError('ERR_LISTEN', {host, port}, cause as Error);
	});
	if (hasPassword || loopback.check(address, family === 6 ? 'ipv6' : 'ipv4')) return address;
	throw new GatewayAccessError(
		'ERR_PASSWORD_NEEDED',
		`The Redis port at ${host} would be open to everybody who can reach this machine`,
		'give a password (--redis-password-file FILE, or the option "password"), or listen on 127.0.0.1',
	);
}
