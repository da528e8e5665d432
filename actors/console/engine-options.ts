/** The options of `start` that lead to an etcd cluster. */
import {type Command, InvalidArgumentError, Option} from 'commander';
import {EngineUrlError, parseEngineUrl} from '../engines/etcd/engine-url.js';

/** Which etcd cluster takes the place of our own, and the files that let us in. */
export interface EngineOptions {
	readonly url: string;
	/** PEM. */
	readonly caFile: string | undefined;
	readonly certFile: string | undefined;
	readonly keyFile: string | undefined;
	/** Holds the password of the URL's user. */
	readonly passwordFile: string | undefined;
}

export interface RawEngineOptions {
	readonly engine?: string;
	readonly engineCa?: string;
	readonly engineCert?: string;
	readonly engineKey?: string;
	readonly enginePasswordFile?: string;
}

/** `excluded`: names of options that make no sense with an engine. */
export function addEngineOptions(command: Command, excluded: string[]): Command {
	const url = new Option(
		'--engine <url>',
		'keep the data in this etcd cluster (etcd://HOST:PORT,..., etcds:// for TLS, USER@ before the hosts) instead of starting one',
	);
	return command
		.addOption(url.argParser(engineUrl).conflicts(excluded))
		.option(
			'--engine-ca <file>',
			"certificates of the authority that etcd's come from; without it, those that Node trusts",
		)
		.option('--engine-cert <file>', 'client certificate for etcd')
		.option('--engine-key <file>', 'private key of the client certificate')
		.option(
			'--engine-password-file <file>',
			'file that holds the password of the user in the URL; without it, the variable THREADRAFT_ENGINE_PASSWORD does',
		);
}

/** Ends the command with a mistake when a file is given and no engine. */
export function engineOptionsOf(raw: RawEngineOptions, command: Command): EngineOptions | undefined {
	const {engine: url, engineCa, engineCert, engineKey, enginePasswordFile} = raw;
	const files = {
		'--engine-ca <file>': engineCa,
		'--engine-cert <file>': engineCert,
		'--engine-key <file>': engineKey,
		'--engine-password-file <file>': enginePasswordFile,
	};
	if (url !== undefined) {
		return {url, caFile: engineCa, certFile: engineCert, keyFile: engineKey, passwordFile: enginePasswordFile};
	}
	const given = Object.entries(files).find(([, file]) => file !== undefined);
	if (given !== undefined) command.error(`option '${given[0]}' needs option '--engine <url>'`);
	return undefined;
}

function engineUrl(text: string): string {
	try {
		parseEngineUrl(text);
		return text;
	} catch (error) {
		throw error instanceof EngineUrlError ? new InvalidArgumentError(error.message) : error;
	}
}
