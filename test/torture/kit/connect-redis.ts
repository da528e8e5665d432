import {Redis} from 'ioredis';

/** A client that neither connects again nor repeats anything by itself. */
export function connectRedis(port: number): Redis {
	const redis = new Redis(port, '127.0.0.1', {
		maxRetriesPerRequest: 0,
		autoResendUnfulfilledCommands: false,
		retryStrategy: () => null,
	});
	// Its commands reject; that is all there is to say.
	redis.on('error', () => undefined);
	return redis;
}
