/** What lets us into an etcd cluster, out of the files that the command line names and the environment. */
import type {EngineOptions} from '../console/engine-options.js';
import {parseEngineUrl} from '../engines/etcd/engine-url.js';
import {EngineAccessError} from '../engines/etcd/errors.js';
import type {EngineSecurity} from '../engines/etcd/security.js';
import {passwordIn, readOptionFile} from './option-file.js';

const passwordVariable = 'THREADRAFT_ENGINE_PASSWORD';

/** Throws an `EngineAccessError` that names the file that cannot be read. */
export async function readEngineSecurity(
	{url, caFile, certFile, keyFile, passwordFile}: EngineOptions,
	environment: NodeJS.ProcessEnv,
): Promise<EngineSecurity> {
	const [ca, cert, key, passwordText] = await Promise.all([
		read('--engine-ca', caFile),
		read('--engine-cert', certFile),
		read('--engine-key', keyFile),
		read('--engine-password-file', passwordFile),
	]);
	const {user} = parseEngineUrl(url);
	// The variable may be there for other commands.
	const variable = user === undefined ? undefined : environment[passwordVariable];
	const password = passwordText === undefined ? variable : passwordIn(passwordText);
	const tls = {
		...(ca === undefined ? {} : {ca}),
		...(cert === undefined ? {} : {cert}),
		...(key === undefined ? {} : {key}),
	};
	return {password, tls: Object.keys(tls).length === 0 ? undefined : tls};
}

async function read(option: string, file: string | undefined): Promise<string | undefined> {
	return readOptionFile(option, file, (...told) => new EngineAccessError(...told));
}
