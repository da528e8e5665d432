import {Redis} from 'ioredis';

/** A command without an answer by then has an unknown outcome. */
const commandTimeoutMs = 60_000;

/** A client that neither connects again nor repeats anything by itself. */
export function connectRedis(port: number, commandTimeout = commandTimeoutMs): Redis {
	const redis = new Redis(port, '127.0.0.1', {
		commandTimeout,
		maxRetriesPerRequest: 0,
		autoResendUnfulfilledCommands: false,
		retryStrategy: () => null,
	});
	// Its commands reject; that is all there is to say.
	redis.on('error', () => undefined);
	return redis;
}
