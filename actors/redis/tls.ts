/** What the port shows of itself to clients that speak TLS, and what it wants of them. */
import {createSecureContext, type TlsOptions} from 'node:tls';
import {GatewayAccessError} from './errors.js';

/** Certificates of the port; each is PEM text. With them it speaks TLS and nothing else. */
export interface RedisTls {
	/** The port's certificate, and those that lead from it to its authority. */
	readonly cert: string;
	/** The private key of that certificate, without a passphrase. */
	readonly key: string;
	/** Certificates of the authorities that clients' certificates must come from. @default clients need no certificate */
	readonly ca?: string | undefined;
}

/** A client that has not ended its handshake after so long is cut off. */
const handshakeTimeoutMs = 10_000;

/** Options of a server. Throws a {@link GatewayAccessError} when the certificates cannot be used. */
export function tlsOptionsOf({cert, key, ca}: RedisTls): TlsOptions {
	// Node takes a text without any certificate for an authority that nobody has.
	if (ca?.includes('-----BEGIN CERTIFICATE-----') === false) {
		const remedy = 'give PEM text, which has a line -----BEGIN CERTIFICATE-----';
		throw new GatewayAccessError('ERR_CERTIFICATE', 'The CA of the Redis port is no certificate', remedy);
	}
	const certificates = {cert, key, ...(ca === undefined ? {} : {ca})};
	try {
		createSecureContext(certificates);
	} catch (cause) {
		throw new GatewayAccessError(
			'ERR_CERTIFICATE',
			`The certificates of the Redis port cannot be used (${(cause as Error).message})`,
			'give PEM text without a passphrase, and the key of just this certificate',
			{cause},
		);
	}
	const wantsCertificate = ca !== undefined;
	return {
		...certificates,
		requestCert: wantsCertificate,
		rejectUnauthorized: wantsCertificate,
		minVersion: 'TLSv1.2',
		handshakeTimeout: handshakeTimeoutMs,
	};
}
