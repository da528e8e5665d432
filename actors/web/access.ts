/** Access to the page's server: a request needs the token of the link, and comes from a page of this server or from no page at all. */
import {createHash, randomBytes, timingSafeEqual} from 'node:crypto';
import type {IncomingMessage} from 'node:http';

export type Refusal = {readonly status: 401 | 403; readonly message: string};

/** Cannot be guessed, and is new with every start. */
export const newToken = (): string => randomBytes(24).toString('base64url');

/**
 * `undefined`: it may. A page elsewhere can make a browser send requests here. It does not know the token. And where a name of its
 * own suddenly leads to this machine (DNS rebinding), the browser names that in Host.
 */
export function refusalOf(request: IncomingMessage, port: number, token: string): Refusal | undefined {
	const {host, origin, authorization} = request.headers;
	const hosts = [`127.0.0.1:${port}`, `localhost:${port}`];
	if (host === undefined || !hosts.includes(host)) {
		return {
			status: 403,
			message: `this server answers to ${hosts.join(' and ')} alone: open the link that was printed`,
		};
	}
	if (origin !== undefined && origin !== `http://${host}`) {
		return {status: 403, message: 'a page of another origin asks: open the link that was printed'};
	}
	const site = request.headers['sec-fetch-site'];
	if (site !== undefined && site !== 'same-origin' && site !== 'none') {
		return {status: 403, message: 'a page of another site asks: open the link that was printed'};
	}
	const given =
		authorization?.startsWith('Bearer ') === true ? authorization.slice('Bearer '.length) : tokenOf(request);
	if (given !== undefined && isSame(given, token)) return undefined;
	return {status: 401, message: 'the token is missing or wrong: open the link that was printed, all of it'};
}

const tokenOf = (request: IncomingMessage): string | undefined => targetOf(request).query.get('token') ?? undefined;

/** What is asked for. Whatever somebody sends there has a path: it need not be one that exists. */
export function targetOf({url = '/'}: IncomingMessage): {readonly path: string; readonly query: URLSearchParams} {
	const [path = '', ...query] = url.split('?');
	return {path, query: new URLSearchParams(query.join('?'))};
}

/** In a time that tells nothing of where they differ. */
function isSame(one: string, other: string): boolean {
	const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
	return timingSafeEqual(digest(one), digest(other));
}
