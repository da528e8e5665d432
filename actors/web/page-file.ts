/** The page as it was built: one file with all that it needs. */
import {createHash} from 'node:crypto';
import {readFile} from 'node:fs/promises';
import {WebServerError} from './errors.js';

export interface Page {
	readonly html: string;
	/** What the browser lets it do: run its own script, and talk to its own server. */
	readonly policy: string;
}

// From the folder above: the command's bundle lies in another one, as deep as this.
const file = new URL('../../actors/web/page/page.html', import.meta.url);

/** Throws a `WebServerError`. */
export async function readPage(): Promise<Page> {
	let html: string;
	try {
		html = await readFile(file, 'utf8');
	} catch (error) {
		throw new WebServerError('the page is missing in this installation: install the package anew', {cause: error});
	}
	const sources = (tag: string): string =>
		[...html.matchAll(new RegExp(`<${tag}>([\\s\\S]*?)</${tag}>`, 'g'))]
			.map(([, text = '']) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`)
			.join(' ');
	const policy = [
		"default-src 'none'",
		`script-src ${sources('script')}`,
		`style-src ${sources('style')}`,
		"connect-src 'self'",
		'img-src data:',
		"base-uri 'none'",
		"form-action 'none'",
		"frame-ancestors 'none'",
	].join('; ');
	return {html, policy};
}
