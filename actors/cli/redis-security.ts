/** What protects the Redis port, out of the files that the command line names. */
import type {RedisOptions} from '../console/redis-options.js';
import {GatewayAccessError} from '../redis/errors.js';
import type {RedisTls} from '../redis/tls.js';
import {passwordIn, readOptionFile} from './option-file.js';

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
		password: passwordText === undefined ? undefined : checkedPassword(passwordText),
		tls: cert === undefined || key === undefined ? undefined : {cert, key, ca},
	};
}

async function read(option: string, file: string | undefined): Promise<string | undefined> {
	return readOptionFile(option, file, (...told) => new GatewayAccessError('ERR_SECRET_FILE', ...told));
}

function checkedPassword(text: string): string {
	const password = passwordIn(text);
	if (password !== '') return password;
	throw new GatewayAccessError(
		'ERR_SECRET_FILE',
		'The file of --redis-password-file is empty',
		'write the password into it, or leave out the option',
	);
}
