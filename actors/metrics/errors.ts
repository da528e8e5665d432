import {ThreadraftError} from '../../src/base/errors.js';

/** `ERR_METRICS_PORT_IN_USE`: something listens there already. `ERR_METRICS_LISTEN`: the address cannot be listened on. */
export type MetricsPortCode = 'ERR_METRICS_PORT_IN_USE' | 'ERR_METRICS_LISTEN';

/** The port of the metrics cannot be opened. */
export class MetricsPortError extends ThreadraftError {
	override readonly name = 'MetricsPortError';
	readonly code: MetricsPortCode;
	readonly host: string;
	readonly port: number;

	constructor(host: string, port: number, cause: NodeJS.ErrnoException) {
		const isInUse = cause.code === 'EADDRINUSE';
		const reason = isInUse
			? `something else listens there already. Stop it, or choose another port: 0 takes any free one`
			: `${cause.message}. Choose an address of this machine, and a port that you may open`;
		super(`The metrics cannot be served at ${host}:${port}: ${reason}.`, {cause});
		this.code = isInUse ? 'ERR_METRICS_PORT_IN_USE' : 'ERR_METRICS_LISTEN';
		this.host = host;
		this.port = port;
	}
}
