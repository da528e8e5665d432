import {ThreadraftError} from '../../src/base/errors.js';

/** The page cannot be served: the port is taken, or the package is not whole. */
export class WebServerError extends ThreadraftError {
	override readonly name = 'WebServerError';
	readonly code = 'ERR_WEB_SERVER';
}
