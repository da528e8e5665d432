/** What lets us into an etcd cluster, out of the files that the command line names and the environment. */
import {readFile} from 'node:fs/promises';
import type {EngineOptions} from '../console/engine-options.js';
import {parseEngineUrl} from '../engines/etcd/engine-url.js';
import {EngineAccessError} from '../engines/etcd/errors.js';
import type {EngineSecurity} from '../engines/etcd/security.js';

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
	// Editors and `echo` end a file with a line break; no password does.
	const password = passwordText?.replace(/\r?\n$/, '') ?? variable;
	const tls = {
		...(ca === undefined ? {} : {ca}),
		...(cert === undefined ? {} : {cert}),
		...(key === undefined ? {} : {key}),
	};
	return {password, tls: Object.keys(tls).length === 0 ? undefined : tls};
}

async function read(option: string, file: string | undefined): Promise<string | undefined> {
	if (file === undefined) return undefined;
	try {
		return await readFile(file, 'utf8');
	} catch (cause) {
		const reason = `The file of ${option} cannot be read (${(cause as Error).message})`;
		throw new EngineAccessError(reason, 'check its name and its permissions', {cause});
	}
}
