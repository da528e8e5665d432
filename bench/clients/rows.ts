/** The clients that people use, and where each comes from. Versions are pinned; those of Debian are of its release. */

export type Source =
	| {readonly type: 'npm'; readonly packages: readonly string[]}
	/** Installed by whoever runs this, or by --install. */
	| {readonly type: 'debian'; readonly packages: readonly string[]};

export interface ClientRow {
	readonly name: string;
	readonly source: Source;
	/** In the folder of programs. It asserts what it gets, and ends with 0. */
	readonly program: string;
}

const npm = (name: string, program: string, ...packages: readonly string[]): ClientRow => ({
	name,
	source: {type: 'npm', packages},
	program,
});

const debian = (name: string, program: string, ...packages: readonly string[]): ClientRow => ({
	name,
	source: {type: 'debian', packages},
	program,
});

const nodeRedis = 'redis@5.12.1';
const ioredis = 'ioredis@5.11.1';
const keyv = ['keyv@5.6.0', '@keyv/redis@5.1.6'];

export const clientRows: readonly ClientRow[] = [
	npm('ioredis 5', 'ioredis.mjs', ioredis),
	npm('ioredis 6', 'ioredis.mjs', 'ioredis@6.0.0'),
	npm('node-redis 5', 'node-redis.mjs', nodeRedis),
	npm('node-redis 6', 'node-redis.mjs', 'redis@6.3.1'),
	npm('iovalkey', 'iovalkey.mjs', 'iovalkey@0.4.0'),
	npm('valkey-glide', 'valkey-glide.mjs', '@valkey/valkey-glide@2.5.2'),
	debian('redis-py', 'python3-redis.py', 'python3-redis'),
	debian('redis-rb', 'ruby-redis.rb', 'ruby-redis'),
	debian('phpredis', 'phpredis.php', 'php-cli', 'php-redis'),
	debian('hiredis', 'hiredis.c', 'gcc', 'libc6-dev', 'libhiredis-dev'),
	debian('Predis', 'predis.php', 'php-cli', 'php-nrk-predis'),
	npm('keyv', 'keyv.mjs', ...keyv),
	npm('cache-manager', 'cache-manager.mjs', 'cache-manager@7.2.9', ...keyv),
	npm('cacheable', 'cacheable.mjs', 'cacheable@2.5.0', '@keyv/redis@5.1.6'),
	npm(
		'connect-redis',
		'connect-redis.mjs',
		'connect-redis@10.0.0',
		'express@5.2.1',
		'express-session@1.19.0',
		nodeRedis,
	),
	npm(
		'express-rate-limit',
		'rate-limit-redis.mjs',
		'rate-limit-redis@6.0.1',
		'express-rate-limit@8.7.5',
		'express@5.2.1',
		nodeRedis,
	),
	npm('rate-limiter-flexible', 'rate-limiter-flexible.mjs', 'rate-limiter-flexible@11.4.0', ioredis),
	npm('redlock', 'redlock.mjs', 'redlock@4.2.0', ioredis),
	debian('Rails cache', 'rails-cache.rb', 'ruby-activesupport', 'ruby-redis'),
	debian('symfony/cache', 'symfony-cache.php', 'php-cli', 'php-symfony-cache', 'php-redis'),
	debian('django-redis', 'django-redis.py', 'python3-django', 'python3-django-redis'),
	debian('dogpile.cache', 'dogpile-cache.py', 'python3-dogpile.cache', 'python3-redis'),
	npm(
		'socket.io adapter',
		'socket.io.mjs',
		'@socket.io/redis-adapter@8.3.0',
		'socket.io@4.8.4',
		'socket.io-client@4.8.4',
		nodeRedis,
	),
	npm('BullMQ', 'bullmq.mjs', 'bullmq@6.7.0', ioredis),
	npm('Bee-Queue', 'bee-queue.mjs', 'bee-queue@2.0.0'),
];
