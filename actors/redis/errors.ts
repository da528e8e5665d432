import {ThreadraftError} from '../../src/base/errors.js';

/** The gateway could not take its port. */
export class GatewayError extends ThreadraftError {
	override readonly name = 'GatewayError';
	/** `ERR_PORT_IN_USE`: somebody listens there. `ERR_LISTEN`: the system refused for another reason (see `cause`). */
	readonly code: 'ERR_PORT_IN_USE' | 'ERR_LISTEN';
	readonly host: string;
	readonly port: number;

	constructor(code: GatewayError['code'], host: string, port: number, cause: Error) {
		super(messageOf(code, host, port, cause), {cause});
		this.code = code;
		this.host = host;
		this.port = port;
	}
}

function messageOf(code: GatewayError['code'], host: string, port: number, cause: Error): string {
	return code === 'ERR_PORT_IN_USE'
		? `port ${port} on ${host} is in use: stop what listens there, or choose another port (0 takes any free one)`
		: `cannot listen on ${host}:${port}: ${cause.message}; check the address, and that this user may bind the port`;
}
