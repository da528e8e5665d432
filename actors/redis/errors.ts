import {ThreadraftError, unreachable} from '../../src/base/errors.js';

/** The gateway could not take its port or its unix socket. */
export class GatewayError extends ThreadraftError {
	override readonly name = 'GatewayError';
	/**
	 * `ERR_PORT_IN_USE`, `ERR_SOCKET_IN_USE`: somebody listens there. `ERR_LISTEN`: the system refused for another reason (see
	 * `cause`). `ERR_SOCKET_PATH`: another file has the name of the unix socket, or the name is too long.
	 */
	readonly code: 'ERR_PORT_IN_USE' | 'ERR_SOCKET_IN_USE' | 'ERR_SOCKET_PATH' | 'ERR_LISTEN';
	/** The address, or the path of the unix socket. */
	readonly host: string;
	/** 0 for a unix socket. */
	readonly port: number;

	constructor(code: GatewayError['code'], place: {readonly host: string; readonly port?: number}, cause: Error) {
		const {host, port = 0} = place;
		super(messageOf(code, host, place.port, cause), {cause});
		this.code = code;
		this.host = host;
		this.port = port;
	}
}

function messageOf(code: GatewayError['code'], host: string, port: number | undefined, cause: Error): string {
	switch (code) {
		case 'ERR_PORT_IN_USE':
			return `port ${port} on ${host} is in use: stop what listens there, or choose another port (0 takes any free one)`;
		case 'ERR_SOCKET_IN_USE':
			return `the unix socket ${host} is in use: stop what listens there, or choose another path`;
		case 'ERR_SOCKET_PATH':
			return `${host} cannot be a unix socket: ${cause.message}; choose another path`;
		case 'ERR_LISTEN':
			return port === undefined
				? `cannot listen on ${host}: ${cause.message}; check that its folder is there, and that this user may write to it`
				: `cannot listen on ${host}:${port}: ${cause.message}; check the address, and that this user may bind the port`;
		default:
			return unreachable(code);
	}
}

/** What protects the port is missing or cannot be used, so it was not opened. The message repeats no secret. */
export class GatewayAccessError extends ThreadraftError {
	override readonly name = 'GatewayAccessError';
	/**
	 * `ERR_PASSWORD_NEEDED`: the address is not the loopback one, and there is no password. `ERR_CERTIFICATE`: the certificate or
	 * the key cannot be used. `ERR_SECRET_FILE`: a file that holds one of them cannot be read, or is empty.
	 */
	readonly code: 'ERR_PASSWORD_NEEDED' | 'ERR_CERTIFICATE' | 'ERR_SECRET_FILE';

	constructor(code: GatewayAccessError['code'], reason: string, remedy: string, options?: ErrorOptions) {
		super(`${reason}: ${remedy}`, options);
		this.code = code;
	}
}
