/** Certificates and passwords: from what a person gives to what connections need. */
import {createSecureContext, type SecureContext} from 'node:tls';
import type {EngineAddress} from './engine-url.js';
import {EngineAccessError} from './errors.js';
import type {Credentials} from './login.js';

/** For `etcds://`. Each is PEM text. */
export interface EngineTls {
	/** Certificates of the authorities that etcd's certificate may come from. @default those that Node trusts */
	readonly ca?: string;
	/** The client certificate, if etcd wants one; `key` is its private key. */
	readonly cert?: string;
	readonly key?: string;
}

export interface EngineSecurity {
	/** Of the user in the URL. */
	readonly password?: string | undefined;
	readonly tls?: EngineTls | undefined;
}

/** Throws an {@link EngineAccessError} that names the option. */
export function secureContextOf({isSecure}: EngineAddress, tls: EngineTls | undefined): SecureContext | undefined {
	if (!isSecure) {
		if (tls === undefined) return undefined;
		throw new EngineAccessError('Certificates are given, and the URL is not for TLS', 'write etcds:// for etcd://');
	}
	const {ca, cert, key} = tls ?? {};
	if ((cert === undefined) !== (key === undefined)) {
		const missing = cert === undefined ? 'certificate' : 'private key';
		throw new EngineAccessError(`The client's ${missing} is missing`, 'give both, tls.cert and tls.key');
	}
	// Node takes a text without any certificate for an authority that nobody has.
	if (ca?.includes('-----BEGIN CERTIFICATE-----') === false) {
		throw new EngineAccessError(
			'The CA is no certificate',
			'give PEM text, which has a line -----BEGIN CERTIFICATE-----',
		);
	}
	try {
		return createSecureContext({
			...(ca === undefined ? {} : {ca}),
			...(cert === undefined ? {} : {cert}),
			...(key === undefined ? {} : {key}),
		});
	} catch (error) {
		const reason = `The certificates cannot be used (${(error as Error).message})`;
		throw new EngineAccessError(reason, 'give PEM text without a passphrase, and the key of just this certificate', {
			cause: error,
		});
	}
}

/** Throws an {@link EngineAccessError} if one is given without the other. */
export function credentialsOf({user}: EngineAddress, password: string | undefined): Credentials | undefined {
	if (user === undefined && password === undefined) return undefined;
	if (user === undefined) {
		throw new EngineAccessError('A password is given, and no user', 'write etcds://USER@HOST:PORT,...');
	}
	if (password === undefined) {
		throw new EngineAccessError(
			`The password of user "${user}" is missing`,
			'give it (--engine-password-file FILE, THREADRAFT_ENGINE_PASSWORD, or the option "password")',
		);
	}
	return {user, password};
}
