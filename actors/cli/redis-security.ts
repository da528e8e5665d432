/** What protects the Redis port, out of the files that the command line names. */
import {readFile} from 'node:fs/promises';
import type {RedisOptions} from '../console/redis-options.js';
import {GatewayAccessError} from '../redis/errors.js';
import type {RedisTls} from '../redis/tls.js';

export interface RedisSecurity {
	readonly password: string | undefined;
	readonly tls: RedisTls | undefined;
}

/** Rejects with a `GatewayAccessError` that names the file that cannot be read or is empty. */
export async function readRedisSecurity({
	passwordFile,
	certFile,
	keyFile,
	caFile,
}: RedisOptions): Promise<RedisSecurity> {
	const [passwordText, cert, key, ca] = await Promise.all([
		read('--redis-password-file', passwordFile),
		read('--tls-cert', certFile),
		read('--tls-key', keyFile),
		read('--tls-ca', caFile),
	]);
	return {
		password: passwordText === undefined ? undefined : passwordIn(passwordText),
		tls: cert === undefined || key === undefined ? undefined : {cert, key, ca},
	};
}

/** Editors and `echo` end a file with a line break; no password does. */
function passwordIn(text: string): string {
	const password = text.replace(/\r?\n$/, '');
	if (password !== '') return password;
	throw new GatewayAccessError(
		'ERR_SECRET_FILE',
		'The file of --redis-password-file is empty',
		'write the password into it, or leave out the option',
	);
}

async function read(option: string, file: string | undefined): Promise<string | undefined> {
	if (file === undefined) return undefined;
	try {
		return await readFile(file, 'utf8');
	} catch (cause) {
		const reason = `The file of ${option} cannot be read (${(cause as Error).message})`;
		throw new GatewayAccessError('ERR_SECRET_FILE', reason, 'check its name and its permissions', {cause});
	}
}
