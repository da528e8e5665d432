/** The Redis port for those who may never open it: its commands are a third of what the package would have to load. */
import type {RedisGateway, RedisGatewayOptions} from './gateway.js';

/**
 * Opens a port that speaks the Redis protocol. Rejects with `GatewayError` when it cannot, `GatewayAccessError` when it would not be
 * protected as it should be, `OptionError` when it should not.
 */
export async function startRedisGateway(options: RedisGatewayOptions): Promise<RedisGateway> {
	const gateway = await import('./gateway.js');
	return gateway.startRedisGateway(options);
}
