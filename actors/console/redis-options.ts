/** The options of `start` that say where the Redis port listens, and who may use it. */
import {type Command, Option} from 'commander';
import {wholeNumber} from './whole-number.js';

/** Where the Redis port listens, and the files that protect it. */
export interface RedisOptions {
	/** 0: any free port. */
	readonly port: number;
	readonly host: string;
	/** Of a unix socket, beside the port. */
	readonly socketPath?: string;
	/** Holds what clients must give by AUTH. */
	readonly passwordFile?: string;
	/** PEM: the port speaks TLS. */
	readonly certFile?: string;
	readonly keyFile?: string;
	/** PEM: clients must show a certificate of this authority. */
	readonly caFile?: string;
}

export interface RawRedisOptions {
	readonly redisPort: number;
	readonly redisHost: string;
	readonly redisSocket?: string;
	readonly redisPasswordFile?: string;
	readonly tlsCert?: string;
	readonly tlsKey?: string;
	readonly tlsCa?: string;
}

export function addRedisOptions(command: Command): Command {
	return command
		.option('--redis-port <port>', 'port of the Redis protocol; 0 takes any free one', wholeNumber(0, 65_535), 6380)
		.option('--redis-host <host>', 'address to listen on; others than this machine need a password', '127.0.0.1')
		.option('--redis-socket <path>', 'listen on this unix socket as well, for this user alone')
		.option('--redis-password-file <file>', 'file that holds the password that clients of the Redis port must give')
		.addOption(new Option('--tls-cert <file>', 'certificate of the Redis port, which then speaks TLS'))
		.addOption(new Option('--tls-key <file>', 'private key of that certificate'))
		.addOption(new Option('--tls-ca <file>', 'authority whose certificates clients must then show'));
}

/** Ends the command with a mistake when a file is given without the other that it needs. */
export function redisOptionsOf(raw: RawRedisOptions, command: Command): RedisOptions {
	const {redisPort, redisHost, redisSocket, redisPasswordFile, tlsCert, tlsKey, tlsCa} = raw;
	const needs = (option: string, other: string): void => command.error(`option '${option}' needs option '${other}'`);
	if (tlsCert !== undefined && tlsKey === undefined) needs('--tls-cert <file>', '--tls-key <file>');
	if (tlsKey !== undefined && tlsCert === undefined) needs('--tls-key <file>', '--tls-cert <file>');
	if (tlsCa !== undefined && tlsCert === undefined) needs('--tls-ca <file>', '--tls-cert <file>');
	return {
		port: redisPort,
		host: redisHost,
		...(redisSocket === undefined ? {} : {socketPath: redisSocket}),
		...(redisPasswordFile === undefined ? {} : {passwordFile: redisPasswordFile}),
		...(tlsCert === undefined ? {} : {certFile: tlsCert}),
		...(tlsKey === undefined ? {} : {keyFile: tlsKey}),
		...(tlsCa === undefined ? {} : {caFile: tlsCa}),
	};
}
